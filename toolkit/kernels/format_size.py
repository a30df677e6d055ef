"""Formats sizes in bytes for users."""

from __future__ import annotations

from toolkit.i18n import _, format_number

__all__ = ["format_bytes"]


def format_bytes(count: int) -> str:
    """Return a number of bytes as text: "2 GB", "512 MB"."""
    if count >= 1 << 30:
        return _("{n} GB").format(n=format_number(round(count / (1 << 30), 1)))
    return _("{n} MB").format(n=format_number(max(1, round(count / (1 << 20)))))
