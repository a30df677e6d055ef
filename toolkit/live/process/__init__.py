"""The process of a session's server, as the mentor's process runs it: sandbox, relay, broker, logs."""
