"""A server extension for tests: identity by cookie, the page's option, and a stub that acknowledges changes.

The real bridge acknowledges a change after writing the record. The stub acknowledges at once, unless told not
to, so that the front end can be tested alone.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tornado.web
from jupyter_client.jsonutil import json_default
from jupyter_server.auth import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.sessions.handlers import SessionHandler, SessionRootHandler
from jupyter_server.utils import url_path_join
from jupyter_server_ydoc.app import YDocExtension
from pycrdt import Doc, Map, Text

from toolkit.live.server.page_config import build_page_config
from toolkit.live.session_settings import Guest, LiveSettings

COLORS = {"mentor": "var(--jp-collaborator-color1)", "zoe": "var(--jp-collaborator-color4)"}


def told() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(os.environ["MENTORING_TEST_SESSION"]).read_text("utf-8"))
    return content


def guest_of(handler: tornado.web.RequestHandler, settings: LiveSettings) -> Guest | None:
    person = handler.get_cookie("person")
    return next((guest for guest in settings.guests if guest.id == person), None)


class CookieIdentity(IdentityProvider):
    """Identity is the value of the cookie "person"; the tests themselves use the token."""

    async def get_user(self, handler: tornado.web.RequestHandler) -> User | None:
        guest = guest_of(handler, LiveSettings.model_validate(told()["settings"]))
        if guest is None:
            return await super().get_user(handler)
        initials = "".join(word[0] for word in guest.name.split())
        return User(guest.id, guest.name, guest.name, initials, None, COLORS[guest.id])


class Acknowledger:
    """Keeps the document open and acknowledges each change as saved."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.ydoc: Doc[Any] | None = None
        self.answers = True

    async def open(self) -> None:
        settings = LiveSettings.model_validate(told()["settings"])
        extensions = self.app.extension_manager.extension_apps["jupyter_server_ydoc"]
        (extension,) = (one for one in extensions if isinstance(one, YDocExtension))
        document = await extension.get_document(
            path=settings.notebook, content_type="notebook", file_format="json", copy=False, create=True
        )
        self.ydoc = document.ydoc
        self.map = self.ydoc.get("mentoring", type=Map)
        self.server = self.ydoc.get("mentoring:server", type=Map)
        self.put(told()["map"])
        self.subscription = self.map.observe(lambda _event: self.later())
        self.acknowledge()

    def put(self, values: dict[str, Any]) -> None:
        with self.ydoc.transaction():
            for key, value in values.items():
                self.map[key] = value

    def later(self) -> None:
        asyncio.get_running_loop().call_soon(self.acknowledge)

    def acknowledge(self) -> None:
        if self.answers:
            vector = base64.b64encode(self.ydoc.get_state()).decode()
            self.server["saved"] = {"at": datetime.now(UTC).isoformat(), "vector": vector}


class TestHandler(JupyterHandler):
    """GET returns the shared map. POST sets values in it, or tells the acknowledger how to behave."""

    __test__ = False

    def initialize(self, acknowledger: Acknowledger) -> None:
        self.acknowledger = acknowledger

    def check_xsrf_cookie(self) -> None:
        return

    @tornado.web.authenticated
    async def get(self) -> None:
        one = self.acknowledger
        if one.ydoc is None:
            await one.open()
        self.finish(json.dumps({key: one.map[key] for key in one.map}))

    @tornado.web.authenticated
    async def post(self) -> None:
        one, body = self.acknowledger, json.loads(self.request.body)
        one.answers = body.get("answers", one.answers)
        if body.get("clear"):
            with one.ydoc.transaction():
                for key in list(one.map):
                    del one.map[key]
                for key in [key for key in one.server if key.startswith("exercise:")]:
                    del one.server[key]
                del one.ydoc.get("mentoring:notes", type=Text)[:]
        if "error" in body:
            one.server["error"] = body["error"]
        one.server.update(body.get("server", {}))
        one.put(body.get("map", {}))
        one.acknowledge()


class OneKernelHandler(SessionRootHandler):
    """Gives the notebook one kernel, as a session's server does.

    JupyterLab asks for a kernel under another path and renames it then: two pages that open the notebook
    at the same time would get one each, and the first would end.
    """

    starting = asyncio.Lock()

    @tornado.web.authenticated
    async def post(self) -> None:
        asked = json.loads(self.request.body)["path"]
        path = told()["settings"]["notebook"]
        sessions = self.session_manager
        async with self.starting:
            if await sessions.session_exists(path=path):
                model = await sessions.get_session(path=path)
            else:
                model = await sessions.create_session(
                    path=path, name=path, type="notebook", kernel_name="python3"
                )
        self.set_status(201)
        self.finish(json.dumps({**model, "path": asked}, default=json_default))


class UnmovedHandler(SessionHandler):
    """A session keeps its path and its kernel."""

    @tornado.web.authenticated
    async def patch(self, session_id: str) -> None:
        model = await self.session_manager.get_session(session_id=session_id)
        self.finish(json.dumps(model, default=json_default))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tests.browser.shared_notebook_server"}]


def _load_jupyter_server_extension(app: Any) -> None:
    settings = LiveSettings.model_validate(told()["settings"])

    def hook(handler: tornado.web.RequestHandler, config: dict[str, Any]) -> dict[str, Any]:
        guest = guest_of(handler, settings)
        return (
            config
            if guest is None
            else config | {"mentoring": json.dumps(build_page_config(guest, settings))}
        )

    app.web_app.settings["page_config_hook"] = hook
    handlers = (
        ("/test/map", TestHandler, {"acknowledger": Acknowledger(app)}),
        ("/api/sessions", OneKernelHandler, {}),
        (r"/api/sessions/(?P<session_id>\w+-\w+-\w+-\w+-\w+)", UnmovedHandler, {}),
    )
    base = app.web_app.settings["base_url"]
    app.web_app.add_handlers(".*$", [(url_path_join(base, path), *rest) for path, *rest in handlers])
