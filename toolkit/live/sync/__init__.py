"""The shared document, and its synchronisation with the session's record."""
