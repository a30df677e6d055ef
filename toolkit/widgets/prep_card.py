"""The prep card: what the student wishes for, and whether the session may be looked at again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

from traitlets import Bool, Dict

from toolkit.domain.change_rules import check_change
from toolkit.domain.people import Role
from toolkit.domain.record_entries import ConsentEntry, Entry, WishEntry
from toolkit.errors import MentoringError
from toolkit.i18n import Language, _
from toolkit.widgets.session_widget import TableWidget
from toolkit.widgets.static_html import SafeHtml, element
from toolkit.widgets.view_source import view_module
from toolkit.workspace.session_record import Record, parse_entry

__all__ = ["PrepCard"]

_PARTS = ("win", "block", "goal")


class PrepCard(TableWidget):
    """One win, one block, one goal, and the student's consent to the replay of the session.

    All of it is the student's. A consent is given on the page of a shared session, where it is known who sits
    before it; a kernel can only take it back.

    Parameters
    ----------
    record : Record, optional
        Where it lives.
    role : {"mentor", "student"}
        Who sits before it; a mentor reads.
    """

    _esm = view_module("prep")
    _shared = "prep"

    wish = Dict(help="The win, the block and the goal.").tag(sync=True)
    replay = Bool(False, help="Whether the session may be looked at again.").tag(sync=True)  # noqa: FBT003

    _kinds = ("wish", "consent")
    _page: ClassVar[tuple[str, ...]] = ("wish", "replay")

    def __init__(
        self, record: Record | None = None, *, role: Role = "student", language: Language | None = None
    ) -> None:
        super().__init__(record, role=role, language=language)

    def write(self, *, win: str | None = None, block: str | None = None, goal: str | None = None) -> None:
        """Write down parts of the wish; what is left out stays.

        Raises
        ------
        InputError
            If one is too long.
        StateError
            If it is the mentor who sits before the card.
        """
        with self._doing():
            given = {"win": win, "block": block, "goal": goal}
            self._commit(self._changed({name: text for name, text in given.items() if text is not None}))

    def _changed(self, fields: Mapping[str, Any]) -> dict[str, Entry | None]:
        new = parse_entry("wish", {**self._wish.model_dump(), **fields})
        check_change(self._entries.get("wish"), new, role=cast("Role", self.role))
        return {"wish": new}

    @property
    def _wish(self) -> WishEntry:
        entry = self._entries.get("wish")
        return entry if isinstance(entry, WishEntry) else WishEntry()

    @property
    def _consent(self) -> ConsentEntry:
        entry = self._entries.get("consent")
        return entry if isinstance(entry, ConsentEntry) else ConsentEntry()

    def _proposed(
        self,
        proposal: dict[str, Any],
        ids: frozenset[str] | None,
        seen: Mapping[str, Entry],  # noqa: ARG002 - one person writes here
    ) -> tuple[dict[str, Entry | None], str]:
        changes: dict[str, Entry | None] = {}
        problem = ""
        wish = proposal.get("wish", {})
        fields = {name: wish[name] for name in _PARTS if name in wish and (ids is None or name in ids)}
        try:
            if fields:
                changes |= self._changed(fields)
            if "replay" in proposal:
                new = parse_entry("consent", {"replay": proposal["replay"]})
                # Whoever sits before a kernel's page may be either of them.
                check_change(self._consent, new)
                changes["consent"] = new
        except MentoringError as error:
            problem = _("This change was not taken over. {reason}").format(reason=error)
        return changes, problem

    def _state(self) -> dict[str, Any]:
        return {"wish": self._wish.model_dump(), "replay": self._consent.replay}

    def _summary(self) -> str:
        said = [text for text in self._wish.model_dump().values() if text]
        return " · ".join(said) or _("nothing written yet")

    @classmethod
    def _vocabulary(cls, minutes: int) -> dict[str, Any]:
        return {
            **super()._vocabulary(minutes),
            "title": _("The student's card"),
            "win": _("A win: what went well"),
            "block": _("A block: where it is stuck"),
            "goal": _("A goal: what should work at the end"),
            "nothing": _("Nothing written yet."),
            "replay": _("This session may be looked at again along its agenda."),
            "replayNote": _(
                "The student decides. The page is kept in their folder, and unticking takes it away."
            ),
            "elsewhere": _("It is ticked on the page of the shared session."),
        }

    def _static(self) -> Iterable[SafeHtml]:
        words, wish = self._words(), self._wish.model_dump()
        said = [
            element("p", element("strong", words[name]), " – ", wish[name]) for name in _PARTS if wish[name]
        ]
        yield from said or [element("p", words["nothing"])]
        yield element("p", "☑ " if self._consent.replay else "☐ ", words["replay"])
