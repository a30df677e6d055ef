"""The declarative base of all tables, and their column types."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Dialect, MetaData, String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

__all__ = ["Base", "StrEnumType", "UtcDateTime"]


class Base(DeclarativeBase):
    """The declarative base; constraints get names, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC, because SQLite has no time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time in UTC without its zone.

        Parameters
        ----------
        value : datetime, optional
            An aware time.
        dialect : Dialect
            SQLAlchemy's dialect, unused.

        Raises
        ------
        ValueError
            If the time is naive: it would be read back as another moment.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the stored time as an aware time in UTC.

        Parameters
        ----------
        value : datetime, optional
            The stored time.
        dialect : Dialect
            SQLAlchemy's dialect, unused.
        """
        return value.replace(tzinfo=UTC) if value else None


class StrEnumType(TypeDecorator[Any]):
    """A `StrEnum`, stored as its value; an unknown value is an error."""

    impl = String(40)
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the value of the member.

        Parameters
        ----------
        value : StrEnum, optional
            The member.
        dialect : Dialect
            SQLAlchemy's dialect, unused.
        """
        return None if value is None else str(self.kind(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        """Return the member with the stored value.

        Parameters
        ----------
        value : str, optional
            The stored value.
        dialect : Dialect
            SQLAlchemy's dialect, unused.
        """
        return None if value is None else self.kind(value)
