"""Requests that are not listed are refused; the mentor's rights equal the student's."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from jupyter_server.auth.identity import User

from tests.live.live_server import GUESTS, NOTEBOOK
from toolkit.live.access.invitations import InvitationBook
from toolkit.live.access.rate_limit import GuessLimiter
from toolkit.live.server.authorizer import ALLOWED_ACTIONS, GuestAuthorizer
from toolkit.live.server.session_context import LiveContext
from toolkit.live.session_settings import LiveSettings
from toolkit.live.sync.server_history import ServerHistory


@pytest.fixture
def handler(tmp_path):
    settings = LiveSettings(session="s", root=tmp_path, notebook=NOTEBOOK, state=tmp_path, guests=GUESTS)
    invitations = InvitationBook(tmp_path, lambda: datetime.now(UTC))
    context = LiveContext(
        settings, invitations, GuessLimiter(), lambda: None, ServerHistory(tmp_path / "lineage.json")
    )
    return SimpleNamespace(settings={"live": context})


def test_the_mentor_has_no_more_than_the_student():
    assert ALLOWED_ACTIONS["mentor"] == ALLOWED_ACTIONS["student"]


@pytest.mark.parametrize("guest", ["mentor", "zoe-lefevre"])
def test_what_is_listed_is_allowed(handler, guest):
    authorizer = GuestAuthorizer()
    assert authorizer.is_authorized(handler, User(guest), "execute", "kernels")
    assert authorizer.is_authorized(handler, User(guest), "read", "contents")


@pytest.mark.parametrize("resource", ["server", "terminals", "config", "nbconvert", "csp", "new", ""])
@pytest.mark.parametrize("action", ["read", "write", "execute"])
@pytest.mark.parametrize("guest", ["mentor", "zoe-lefevre", "ben-okafor"])
def test_anything_else_is_not(handler, guest, action, resource):
    assert not GuestAuthorizer().is_authorized(handler, User(guest), action, resource)


def test_who_is_no_guest_may_nothing(handler):
    for resource, action in ALLOWED_ACTIONS["student"]:
        assert not GuestAuthorizer().is_authorized(handler, User("ben-okafor"), action, resource)
