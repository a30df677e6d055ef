"""Table and repository of action items."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from toolkit.domain.agenda import ActionItem, ActionState
from toolkit.store.base import Base, StrEnumType

__all__ = ["ActionItemRepository", "ActionItemRow"]


class ActionItemRow(Base):
    """An action item; exactly one other item continues a carried one."""

    __tablename__ = "action_items"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    student_id: Mapped[str] = mapped_column(ForeignKey("students.id"), index=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id"))
    text: Mapped[str] = mapped_column(String(500))
    owner: Mapped[str] = mapped_column(String(7))
    due: Mapped[date | None]
    plan: Mapped[str] = mapped_column(String(500))
    order: Mapped[float] = mapped_column("position")
    state: Mapped[ActionState] = mapped_column(StrEnumType(ActionState))
    carried_from: Mapped[str | None] = mapped_column(ForeignKey("action_items.id"), unique=True)


_FIELDS = list(ActionItem.__dataclass_fields__)


class ActionItemRepository:
    """The action items of the practice, within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def for_student(self, student_id: str, *states: ActionState) -> list[ActionItem]:
        """Return the action items of a student, in order.

        Parameters
        ----------
        student_id : str
            Id of the student.
        *states : ActionState
            Only items in one of these states; all items if none is given.
        """
        query = select(ActionItemRow).where(ActionItemRow.student_id == student_id)
        if states:
            query = query.where(ActionItemRow.state.in_(states))
        rows = self._session.scalars(query.order_by(ActionItemRow.order, ActionItemRow.id))
        return [ActionItem(**{field: getattr(row, field) for field in _FIELDS}) for row in rows]

    def agreed_in(self, student_id: str) -> dict[str, str]:
        """Return the id of the session in which each action item of a student was agreed, by item id."""
        query = select(ActionItemRow.id, ActionItemRow.session_id).where(
            ActionItemRow.student_id == student_id, ActionItemRow.session_id.is_not(None)
        )
        return {item: session or "" for item, session in self._session.execute(query)}

    def for_students(self, students: Collection[str]) -> dict[str, dict[str, tuple[ActionItem, str | None]]]:
        """Return the action items of the students, in order, each with the session in which it was agreed.

        The result is keyed by student id, then by item id; the session id is None if unknown.
        """
        query = select(ActionItemRow).where(ActionItemRow.student_id.in_(students))
        found: dict[str, dict[str, tuple[ActionItem, str | None]]] = {name: {} for name in students}
        for row in self._session.scalars(query.order_by(ActionItemRow.order, ActionItemRow.id)):
            item = ActionItem(**{field: getattr(row, field) for field in _FIELDS})
            found[row.student_id][row.id] = (item, row.session_id)
        return found

    def save(self, item: ActionItem, student_id: str, session_id: str | None = None) -> None:
        """Write an action item, new or changed.

        Parameters
        ----------
        item : ActionItem
            The item.
        student_id : str
            Id of the student, used for a new item only.
        session_id : str, optional
            Id of the session in which the item was agreed, used for a new item only.
        """
        row = self._session.get(ActionItemRow, item.id)
        if row is None:
            row = ActionItemRow(id=item.id, student_id=student_id, session_id=session_id)
        for field in _FIELDS:
            setattr(row, field, getattr(item, field))
        self._session.add(row)
        self._session.flush()
