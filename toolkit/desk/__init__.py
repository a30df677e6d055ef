"""The mentor's private side in a notebook; nothing here is ever shown on a student's table."""

from toolkit.desk.review import Review

__all__ = ["Review"]
