"""The mentor's private side in a notebook; nothing here is ever shown on a student's table."""

from toolkit.desk.review import Review
from toolkit.desk.session import SessionDesk

__all__ = ["Review", "SessionDesk"]
