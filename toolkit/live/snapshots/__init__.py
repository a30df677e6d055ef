"""Copies of a session's notebook: snapshots, and quarantined files."""
