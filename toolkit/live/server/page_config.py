"""The configuration of JupyterLab's page for one guest, with the option "mentoring" for our front end."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from tornado.web import RequestHandler

from toolkit.domain.agenda import usual_agenda
from toolkit.domain.record_entries import ExerciseEntry, SessionEntry
from toolkit.errors import MentoringError
from toolkit.i18n import Language, _, current_language, ngettext, use_language
from toolkit.live.server.identity import live_context_of
from toolkit.live.server.jupyter_config import DISABLED_PLUGINS, LABEXTENSIONS
from toolkit.live.session_settings import GroupNotebook, Guest, LiveSettings
from toolkit.widgets.action_items import ActionItems
from toolkit.widgets.agenda import Agenda
from toolkit.widgets.checklist import Checklist
from toolkit.widgets.exercise_card import ExerciseCard
from toolkit.widgets.prep_card import PrepCard
from toolkit.widgets.session_widget import SessionWidget
from toolkit.widgets.timer import Timer
from toolkit.workspace.session_record import Record

__all__ = ["build_page_config", "page_config", "panel_strings"]

_VIEWS: dict[str, type[SessionWidget]] = {
    "agenda": Agenda,
    "checklist": Checklist,
    "actions": ActionItems,
    "timer": Timer,
    "prep": PrepCard,
    "exercise": ExerciseCard,
}


def page_config(handler: RequestHandler, config: dict[str, Any]) -> dict[str, Any]:
    """Return the page's configuration for the guest who asks.

    Parameters
    ----------
    handler : RequestHandler
        The handler of the request.
    config : dict
        JupyterLab's own configuration; it is shared by all requests and stays unchanged.
    """
    context = live_context_of(handler)
    guest = context.guest(handler.current_user.username)
    page = dict(config)
    page["federated_extensions"] = [
        one for one in config.get("federated_extensions", ()) if one["name"] in LABEXTENSIONS
    ]
    page["disabledExtensions"] = sorted({*config.get("disabledExtensions", ()), *DISABLED_PLUGINS})
    page["buildAvailable"] = page["buildCheck"] = False
    # Guests must not learn paths of the mentor's machine.
    page["serverRoot"] = page["appSettingsDir"] = page["userSettingsDir"] = page["workspacesDir"] = ""
    if guest is not None:
        page["mentoring"] = build_page_config(guest, context.settings)
    return page


def build_page_config(guest: Guest, settings: LiveSettings) -> dict[str, Any]:
    """Return the page option "mentoring", which the front end reads (``toolkit/lab``).

    Parameters
    ----------
    guest : Guest
        The guest who asks for the page.
    settings : LiveSettings
        The session's settings.
    """
    minutes = _minutes(settings)
    with use_language(settings.language):
        usual = [{"text": text, "minutes": planned} for text, planned in usual_agenda(minutes)]
        unsaved = _("Not saved yet. Your changes are kept and will be sent.")
        words = {
            name: {**view.words(settings.language, minutes=minutes), "waiting": unsaved, "asleep": unsaved}
            for name, view in _VIEWS.items()
        }
        if settings.copies:
            words["actions"]["owners"] = _owners(settings)
        words["exercise"] |= _exercise_words()
    return {
        "role": guest.role,
        "name": guest.name,
        "partners": [
            {"role": other.role, "name": other.name} for other in settings.guests if other.id != guest.id
        ],
        "notebook": settings.notebook,
        "copies": [_copy(copy, guest, settings) for copy in settings.copies],
        "card": _card(settings.card),
        "language": settings.language,
        "minutes": min(240, max(1, minutes)),
        "usual": usual,
        "strings": {**words, "panel": panel_strings(settings.language)},
    }


def _card(card: ExerciseEntry | None) -> dict[str, Any] | None:
    """Return the exercise as a group's page shows it before the student checks it."""
    if card is None:
        return None
    shown = card.model_dump(mode="json", include={"id", "title", "skills", "minutes"})
    return shown | {"tests": [test.model_dump(mode="json", exclude={"source"}) for test in card.tests]}


def _copy(copy: GroupNotebook, guest: Guest, settings: LiveSettings) -> dict[str, Any]:
    """Return a student's notebook in a group, as a page needs it."""
    owner = next(one for one in settings.guests if one.id == copy.guest)
    return {
        "notebook": copy.notebook,
        "role": owner.role,
        "name": owner.name,
        "writes": settings.may_write(guest, copy.notebook),
    }


def _owners(settings: LiveSettings) -> list[list[str]]:
    """Return the possible owners of an action in a group: the value and the label of each."""
    mentor, *students = settings.guests
    everyone = ["student", _("everyone")]
    return [everyone, *([f"student:{one.id}", one.name] for one in students), ["mentor", mentor.name]]


def _minutes(settings: LiveSettings) -> int:
    """Return the planned minutes of the record; 30 if unreadable, which `DocumentRecordSync` reports."""
    with suppress(MentoringError):
        session = Record(settings.record).get("session")
        if isinstance(session, SessionEntry):
            return session.minutes
    return 30


def panel_strings(language: Language) -> dict[str, Any]:
    """Return the texts of the side panel and of its messages about the other person's changes."""
    with use_language(language):
        return {
            "plural": "n > 1" if current_language() == "fr" else "n != 1",
            "title": _("Session"),
            "opening": _("The notebook is being opened…"),
            "closed": _("The session's notebook is closed."),
            "open": _("Open it"),
            **_state_words(),
            **_driver_words(),
            **_group_words(),
            **_timer_words(),
            **_notes_words(),
            **_activity_words(),
        }


def _state_words() -> dict[str, Any]:
    return {
        "people": _("People"),
        "you": _("you"),
        "here": _("here"),
        "away": _("not here"),
        "saved": _("Saved {time}"),
        "saving": _("Saving…"),
        "kept": _("Not saved yet. Your changes are kept and will be sent."),
        "offline": _("Offline since {time}. Your changes are kept and will be sent."),
        "back": _("Connected again."),
        "restarted": _(
            "The kernel was restarted: run again what you need. Agenda, ticks and actions are all there."
        ),
        "dismiss": _("Close this note"),
        "tools": _("Tools"),
        "undo": _("Undo my last change"),
        "redo": _("Redo my last change"),
        "follow": _("Follow {name}"),
        "minutes": _("{n} min"),
        "quiet": _("Quiet minutes"),
        "quietStart": _("Start {n} quiet minutes"),
        "quietEnd": _("End"),
        "quietBegins": _("Quiet minutes: {n}."),
        "quietOver": _("The quiet minutes are over."),
        "quietEnded": _("The quiet minutes were ended."),
    }


def _driver_words() -> dict[str, str]:
    return {
        "wheel": _("Who drives"),
        "driver": _("Driver"),
        "youDrive": _("You drive."),
        "drives": _("{name} drives."),
        "nobody": _("Nobody drives."),
        "take": _("Take the wheel"),
        "ask": _("Ask for the wheel"),
        "asking": _("{name} has been asked for the wheel."),
        "asks": _("{name} asks for the wheel."),
        "pass": _("Pass it to {name}"),
        "refused": _("{name} drives, so this cell was not run. Ask for the wheel to run cells yourself."),
    }


def _group_words() -> dict[str, str]:
    return {
        "notebooks": _("Notebooks"),
        "board": _("Board"),
        "mine": _("{name} (you)"),
        "next": _("Next: {name}"),
        "followDriver": _("Follow who drives"),
        "reading": _("You are reading {name}'s notebook."),
        "boardRuns": _("Nothing runs on the board. Run it in your own notebook."),
        "copyRuns": _("This is {name}'s notebook, so this cell was not run. Run it in your own."),
    }


def _exercise_words() -> dict[str, str]:
    """Return the exercise's texts that differ from those of the widget that the kernel shows."""
    return {
        "title": _("Exercise of the day"),
        "task": _("What it asks"),
        "show": _("Show in the notebook"),
        "notChecked": _("Not checked. {reason}"),
        "noKernel": _("The kernel has not started yet; try again in a moment."),
        "checkEnded": _("The kernel was restarted. Run your cells, then check again."),
        "unanswered": _("The server does not answer. Try again when it does."),
        "submitLater": _("Handing in… The server does not answer yet."),
        "askLater": _("Asking… The server does not answer yet."),
    }


def _timer_words() -> dict[str, Any]:
    return {
        "clock": _("Timer: {text}. Opens the session's panel."),
        "clockOver": _("+{n} min"),
        "left": [ngettext("{n} minute left", "{n} minutes left", n) for n in (1, 2)],
        "soon": _("Last five minutes"),
        "last": _("Last minute"),
        "up": _("Time is up, no hurry"),
    }


def _notes_words() -> dict[str, str]:
    return {
        "notes": _("Shared notes"),
        "notesHint": _("For both of you, kept with the session and put into the draft of its recap."),
    }


def _activity_words() -> dict[str, Any]:
    return {
        "many": [ngettext("{n} change", "{n} changes", n) for n in (1, 2)],
        "anItem": _("an item"),
        "didAdd": _("{name} added: {text}"),
        "didRemove": _("{name} took back {text}"),
        "didEdit": _("{name} changed: {text}"),
        "didMove": _("{name} moved: {text}"),
        "didTick": _("{name} ticked: {text}"),
        "didUntick": _("{name} unticked: {text}"),
        "didConfirm": _("{name} confirmed: {text}"),
        "didUnconfirm": _("{name} took the confirmation back: {text}"),
        "didRate": _("{name} rated: {text}"),
        "didUnrate": _("{name} took the rating back: {text}"),
        "did open": _("{name} reopened: {text}"),
        "did discussed": _("{name} ticked: {text}"),
        "did done": _("{name} ticked: {text}"),
        "did carried": _("{name} carried over: {text}"),
        "did dropped": _("{name} dropped: {text}"),
        "didStart": _("{name} started: {text}"),
        "didWish": _("{name} wrote down what they wish for."),
        "didAllow": _("{name} agrees that the session may be replayed."),
        "didForbid": _("{name} does not want the session to be replayed."),
        "didStartTimer": _("{name} started the timer."),
        "didResetTimer": _("{name} reset the timer."),
        "didNotes": _("{name} writes in the shared notes."),
        "didCheck": _("{name} checked the exercise. {text}"),
        "didHandIn": _("The exercise was handed in."),
        "didAnswer": _("There is feedback on the exercise. {text}"),
        "didHint": _("Hint {n} was given."),
    }
