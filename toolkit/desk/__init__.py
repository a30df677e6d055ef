"""The mentor's private widgets; nothing here is ever shown in the shared session."""

from toolkit._internal.lazy_imports import without_slow_formats

with without_slow_formats():
    from toolkit.desk.review_desk import Review
    from toolkit.desk.session_desk import SessionDesk

__all__ = ["Review", "SessionDesk"]
