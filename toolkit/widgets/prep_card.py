"""The preparation card: the student's wish, and the consent to the replay of the session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

from markupsafe import Markup
from traitlets import Bool, Dict

from toolkit.domain.change_rules import check_change
from toolkit.domain.people import Role
from toolkit.domain.record_entries import ConsentEntry, Entry, WishEntry
from toolkit.errors import MentoringError
from toolkit.i18n import Language, _
from toolkit.widgets.session_widget import SessionWidget
from toolkit.widgets.static_html import element
from toolkit.widgets.view_source import view_module
from toolkit.workspace.session_record import Record, parse_entry

__all__ = ["PrepCard"]

_PARTS = ("win", "block", "goal")


class PrepCard(SessionWidget):
    """The student's wish (one win, one block, one goal) and the consent to the replay of the session.

    Only the student writes it. A consent is given on the page of a shared session, where the user is
    authenticated; in a kernel a consent can only be withdrawn.

    Parameters
    ----------
    record : Record, optional
        The record that stores it.
    role : {"mentor", "student"}
        The role of the person who uses the widget; a mentor can only read.
    language : {"en", "fr"}, optional
        Language of the texts; by default the record's, or else the current one.

    Examples
    --------
    >>> from toolkit import PrepCard
    >>> card = PrepCard(role="student", language="en")
    >>> card.write(win="The loop works.", goal="Write a function alone.")
    >>> card.wish["goal"]
    'Write a function alone.'
    >>> card
    <PrepCard: The loop works. · Write a function alone.>
    """

    _esm = view_module("prep")
    _shared_view = "prep"

    wish = Dict(help="The win, the block and the goal.").tag(sync=True)
    replay = Bool(False, help="True if the session may be replayed.").tag(sync=True)  # noqa: FBT003

    _kinds = ("wish", "consent")
    _settable_traits: ClassVar[tuple[str, ...]] = ("wish", "replay")

    def __init__(
        self, record: Record | None = None, *, role: Role = "student", language: Language | None = None
    ) -> None:
        super().__init__(record, role=role, language=language)

    def write(self, *, win: str | None = None, block: str | None = None, goal: str | None = None) -> None:
        """Write parts of the wish.

        Parameters
        ----------
        win : str, optional
            A success since the last session; unchanged if None.
        block : str, optional
            A problem on which the student is stuck; unchanged if None.
        goal : str, optional
            The wanted result of the session; unchanged if None.

        Raises
        ------
        InputError
            If a text is too long.
        StateError
            If the card's role is the mentor.
        """
        with self._locked_and_reloaded():
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

    def _parse_proposal(
        self,
        proposal: dict[str, Any],
        ids: frozenset[str] | None,
        seen: Mapping[str, Entry],  # noqa: ARG002 - only the student writes here
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
                # Without a role: the user of a kernel's page may be either person.
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
            "replay": _("This session may be replayed."),
            "replayNote": _(
                "The student decides. The page is kept in their folder, and unticking takes it away."
            ),
            "elsewhere": _("It is ticked on the page of the shared session."),
        }

    def _static(self) -> Iterable[Markup]:
        words, wish = self._words(), self._wish.model_dump()
        said = [
            element("p", element("strong", words[name]), " – ", wish[name]) for name in _PARTS if wish[name]
        ]
        yield from said or [element("p", words["nothing"])]
        yield element("p", "☑ " if self._consent.replay else "☐ ", words["replay"])
