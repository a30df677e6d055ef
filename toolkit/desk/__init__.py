"""The mentor's private side in a notebook; nothing here is ever shown on a student's table."""

from toolkit.desk.review_desk import Review
from toolkit.desk.session_desk import SessionDesk

__all__ = ["Review", "SessionDesk"]
