"""The files of a student's workspace through which both sides work: the record, the outbox."""
