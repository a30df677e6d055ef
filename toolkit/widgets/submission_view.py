"""The exercise card's parts for submissions and hint requests: texts, static form and polling."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from weakref import WeakMethod

from IPython import get_ipython
from markupsafe import Markup

from toolkit.errors import MentoringError
from toolkit.i18n import _, format_time
from toolkit.widgets.static_html import element, text_with_code

__all__ = ["hint_request_words", "poll_in_kernel", "submission_lines", "submission_words"]

_OUTCOME_STRINGS = {
    "passed": "passedTest",
    "partly": "partly",
    "failed": "failedTest",
    "to be looked at": "to be looked at",
}


def poll_in_kernel(look: Callable[[], bool]) -> None:
    """Poll with the bound method ``look`` in the kernel's event loop until it returns False.

    The interval is 0.03 s in the first 10 s, when an answer is likely, then 0.5 s, and 2 s after two minutes.
    Without a kernel nothing is called.
    """
    loop = getattr(getattr(get_ipython(), "kernel", None), "io_loop", None)
    if loop is None:
        return
    began = time.monotonic()
    # A weak reference, since the widget is replaced when its cell is run again.
    reference = WeakMethod(look)

    def again() -> None:
        method = reference()
        try:
            if method is None or not method():
                return
        except MentoringError:
            pass  # the record is being written and can be read at the next call
        waited = time.monotonic() - began
        loop.call_later(0.03 if waited < 10 else 0.5 if waited < 120 else 2.0, again)

    loop.add_callback(again)


def submission_words() -> dict[str, str]:
    """Return the view's texts about submissions, in the current language."""
    return {
        "submit": _("Submit"),
        "handingIn": _("Handing in…"),
        "submitLater": _("The notebook is handed in when the running cell has ended."),
        "notSavedYet": _("Not handed in: the notebook could not be saved. Save it, then try again."),
        "notHandedIn": _("Not handed in. {reason}"),
        "handedIn": _("Handed in {time}."),
        "alone": _("Handed in {time}. It is received when your mentor next looks; nothing more to do."),
        "received": _("Received {time}. The feedback is on its way."),
        "refused": _("Not taken."),
        "receipt": _("Receipt {sha}"),
        "feedback": _("Feedback"),
        "feedbackLink": _("Read the whole feedback"),
        "passedTest": _("passed"),
        "partly": _("partly"),
        "failedTest": _("not yet"),
        "to be looked at": _("to be looked at"),
        "sentAt": _("Handed in {time}"),
    }


def submission_lines(now: Mapping[str, Any], words: Mapping[str, Any]) -> Iterable[Markup]:
    """Yield the static form of the last submission.

    Parameters
    ----------
    now : mapping
        State of the submission, as in the card's trait ``submission``.
    words : mapping
        Texts of the view.
    """
    if now.get("state") in {None, "", "problem"}:
        return
    at = format_time(datetime.fromisoformat(now["at"]))
    receipt = words["receipt"].format(sha=now["sha"])
    yield element("p", f"{words['sentAt'].format(time=at)} · {receipt}")
    if now["state"] == "graded":
        yield element("p", " · ".join(text for text in (now["points"], now["verdict"]) if text))
    if now.get("message"):
        yield element("p", text_with_code(now["message"]))
    said = [
        element(
            "li",
            f"{words[_OUTCOME_STRINGS[test['outcome']]]} · {test['name']}",
            *([element("br"), element("small", text_with_code(test["message"]))] if test["message"] else []),
        )
        for test in now.get("tests", ())
    ]
    if said:
        yield element("ul", *said)


def hint_request_words() -> dict[str, str]:
    """Return the view's texts about hint requests, in the current language."""
    return {
        "ask": _("Ask for hint {n} of {total}"),
        "askNote": _("It is noted that you had it."),
        "asking": _("Asking…"),
        "askLater": _("The hint is asked for when the running cell has ended."),
        "notAsked": _("Not asked for. {reason}"),
        "asked": _("Asked {time}."),
        "askedMentor": _("Hint {n} was asked for at {time}. You give it from your desk."),
        "askedAlone": _("Asked {time}. It comes when your mentor next looks."),
    }
