"""The handlers of the session's server."""
