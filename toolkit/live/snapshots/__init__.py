"""Copies of a session's notebook: snapshots, and what was put into quarantine."""
