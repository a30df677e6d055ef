"""The process of a session's server, seen from the mentor's process: sandbox, relay, broker, logs."""
