"""The pages of invitations: joining by a link, and the page for people without an invitation."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from jupyter_server.auth.decorator import allow_unauthenticated

from toolkit.i18n import _, use_language
from toolkit.live.access.invitations import TICKET_LIFETIME, InvitationStatus
from toolkit.live.server.identity import live_context_of
from toolkit.live.server.request_guard import GuardedHandlerMixin
from toolkit.live.server.session_context import LiveContext
from toolkit.live.session_settings import Guest

__all__ = ["HomeHandler", "JoinHandler"]

_PAGES = Path(__file__).parent / "pages"
_STATUS = {
    InvitationStatus.USED: 410,
    InvitationStatus.EXPIRED: 410,
    InvitationStatus.REVOKED: 410,
    InvitationStatus.UNKNOWN: 404,
}


@dataclass(frozen=True)
class _Form:
    label: str
    note: str
    xsrf: str


class _Page(GuardedHandlerMixin):
    """A page that loads nothing: no script, no font, no image, no other site."""

    public = True

    @property
    def content_security_policy(self) -> str:
        """Allow only the page's own style and form."""
        allowed = f"style-src 'sha256-{_style()[1]}'; img-src data:; form-action 'self'"
        return f"default-src 'none'; {allowed}; base-uri 'none'; frame-ancestors 'none'"

    def set_default_headers(self) -> None:
        """Forbid browsers and proxies to send on the page's address, or to store a copy."""
        super().set_default_headers()
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Robots-Tag", "noindex")

    def show(self, title: str, *paragraphs: str, form: _Form | None = None, status: int = 200) -> None:
        """Answer with a page.

        Parameters
        ----------
        title : str
            The page's title.
        paragraphs : str
            Its text.
        form : _Form, optional
            A form with one button.
        status : int
            The HTTP status.
        """
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        language = live_context_of(self).settings.language
        text = (
            _templates()
            .get_template("page.html.j2")
            .render(language=language, title=title, paragraphs=paragraphs, form=form, style=_style()[0])
        )
        self.finish(text)

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401, ARG002 - Jupyter's own
        """Answer with advice; the reason of the refusal is only in the log.

        Parameters
        ----------
        status_code : int
            The HTTP status.
        kwargs
            Not used.
        """
        with use_language(live_context_of(self).settings.language):
            self.show(
                _("This did not work"),
                _("Nothing is lost. Open the link again, in a browser that keeps cookies."),
                status=status_code,
            )


class HomeHandler(_Page):
    """`/` and `/login`: redirects guests to their notebook, and explains to others how to join."""

    methods = frozenset({"GET", "HEAD"})
    page = True

    @allow_unauthenticated
    def get(self) -> None:
        """Redirect a guest to the notebook, or explain how to join."""
        context = live_context_of(self)
        user = self.current_user
        guest = context.guest(user.username) if user is not None else None
        if guest is not None:
            self.redirect(context.home(guest))
            return
        with use_language(context.settings.language):
            self.show(
                _("This session needs an invitation"),
                _("One joins by a personal link. {mentor} can send one.").format(mentor=_mentor(context)),
                _("Whoever has joined before comes back in that same browser."),
            )

    head = get


class JoinHandler(_Page):
    """`/join/TOKEN`: names both people and has one button, so that a preview of the link does not use it."""

    methods = frozenset({"GET", "HEAD", "POST"})
    page = True

    def is_own(self, origin: str) -> bool:
        """Accept the origin "null", too: browsers send it with a form without a referrer.

        The form's XSRF token protects the request in its place.
        """
        return origin == "null" or super().is_own(origin)

    def check_origin(self, origin_to_satisfy_tornado: str = "") -> bool:  # noqa: ARG002
        """Return True: `GuardedHandlerMixin` has checked the origin already."""
        return True

    @allow_unauthenticated
    async def get(self, token: str) -> None:
        """Ask the guest to confirm joining."""
        context = live_context_of(self)
        with use_language(context.settings.language):
            seen = await asyncio.to_thread(context.invitations.look, token)
            guest = context.guest(seen.guest)
            if self._is_rate_limited(guest):
                return
            here = self.current_user.username if self.current_user is not None else ""
            if guest is not None and seen.standing is InvitationStatus.USED and here == guest.id:
                self.redirect(context.home(guest))
            elif guest is None or seen.standing is not InvitationStatus.OPEN:
                self._show_refusal(seen.standing if guest is not None else InvitationStatus.UNKNOWN, guest)
            else:
                self._show_form(guest)

    head = get

    @allow_unauthenticated
    async def post(self, token: str) -> None:
        """Use the invitation, and set the ticket's cookie."""
        context = live_context_of(self)
        with use_language(context.settings.language):
            seen = await asyncio.to_thread(context.invitations.look, token)
            guest = context.guest(seen.guest)
            if self._is_rate_limited(guest):
                return
            if guest is None:
                self._show_refusal(InvitationStatus.UNKNOWN)
                return
            admission = await asyncio.to_thread(context.invitations.redeem, token)
            if not admission.ticket:
                self._show_refusal(admission.standing, guest)
                return
            self.set_cookie(
                context.cookie,
                admission.ticket,
                path="/",
                max_age=int(TICKET_LIFETIME.total_seconds()),
                httponly=True,
                samesite="Lax",
                secure=context.https,
            )
            self.log.info("%s joined from %s", admission.guest, self.request.remote_ip)
            self.redirect(context.home(guest), status=303)

    def _show_form(self, guest: Guest) -> None:
        mentor = _mentor(live_context_of(self))
        if guest.role == "mentor":
            others = ", ".join(
                one.name for one in live_context_of(self).settings.guests if one.role != "mentor"
            )
            sentence = _("You are opening your session with {student} as {guest}.").format(
                student=others, guest=guest.name
            )
        else:
            sentence = _("You are joining {mentor}'s session as {guest}.").format(
                mentor=mentor, guest=guest.name
            )
        form = _Form(
            _("Join"),
            _("This link is for {guest} alone, and works once.").format(guest=guest.name),
            self.xsrf_token.decode(),
        )
        self.show(_("Join the session"), sentence, form=form)

    def _is_rate_limited(self, guest: Guest | None) -> bool:
        """Answer 429 to an unknown link if too many were tried, and to a browser that tried too many.

        Parameters
        ----------
        guest : Guest or None
            The guest whom the link invites; None if the link is unknown.

        Returns
        -------
        bool
            True if the request is answered.
        """
        guesses = live_context_of(self).guesses
        if not guesses.is_guessing(self._browser) and (
            guest is not None or not guesses.is_limited(self.request.remote_ip or "")
        ):
            return False
        self.set_header("Retry-After", str(int(guesses.seconds)))
        self.show(
            _("Too many links were tried"),
            _("Nothing is lost. The link can be opened again in a minute."),
            status=429,
        )
        return True

    @property
    def _browser(self) -> str:
        return self.get_cookie("_xsrf") or ""

    def _show_refusal(self, standing: InvitationStatus, guest: Guest | None = None) -> None:
        if standing is InvitationStatus.UNKNOWN:
            live_context_of(self).guesses.add(self.request.remote_ip or "", self._browser)
        title, paragraph = _reason(standing)
        if guest is not None and guest.role == "mentor":
            again = _("A new link can be made where the session was started.")
        else:
            again = _("{mentor} can send a new link at once.").format(mentor=_mentor(live_context_of(self)))
        self.show(title, paragraph, again, status=_STATUS.get(standing, 404))


def _reason(standing: InvitationStatus) -> tuple[str, str]:
    match standing:
        case InvitationStatus.USED:
            return _("This link was used already"), _(
                "A link works once. Whoever joined by it comes back in that same browser."
            )
        case InvitationStatus.EXPIRED:
            return _("This link has expired"), _("A link works for a limited time.")
        case InvitationStatus.REVOKED:
            return _("This link was withdrawn"), _("The session has ended, or a newer link was sent.")
        case _:
            return _("This link is not known here"), _(
                "Perhaps a part of it was lost on the way: it must be copied whole, to its last character."
            )


def _mentor(context: LiveContext) -> str:
    return next((one.name for one in context.settings.guests if one.role == "mentor"), _("The mentor"))


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(_PAGES), autoescape=True, trim_blocks=True)


@cache
def _style() -> tuple[Any, str]:
    """Return the style sheet and the hash that allows it in the page's policy."""
    from markupsafe import Markup

    text = (_PAGES / "page.css").read_text(encoding="utf-8")
    return Markup(text), b64encode(sha256(text.encode()).digest()).decode()  # noqa: S704 - our own file
