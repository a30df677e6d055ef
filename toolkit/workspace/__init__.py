"""The files of a student's workspace that both sides use: the record and the outbox."""
