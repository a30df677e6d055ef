"""Handlers of JupyterLab's settings, layout and export formats."""

from __future__ import annotations

import json
import re
from asyncio import Future
from http import HTTPStatus
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyterlab_server.settings_handler import SettingsHandler
from tornado import web
from tornado.web import HTTPError

__all__ = ["Forgotten", "NoExports", "Settings"]

_PLUGIN = re.compile(r"(@[a-z0-9][\w-]*/)?[a-z0-9][\w-]*:[\w-]+")


class Settings(SettingsHandler):
    """JupyterLab's settings, by the names that plugins have: any other may lead to any JSON file.

    Nobody changes any of them here, and to read all of them takes a seventh of a second, in which the server
    does nothing else: they are read once.
    """

    _asked = ("", False)

    @web.authenticated
    def get(self, schema_name: str = "") -> Any:  # noqa: ANN401 - as its base
        """Return one plugin's settings, or everything's."""
        if schema_name and _PLUGIN.fullmatch(schema_name) is None:
            raise HTTPError(404)
        self._asked = (schema_name, self.get_argument("ids_only", "") == "true")
        known = self._known.get(self._asked)
        return self.finish(known) if known is not None else super().get(schema_name)

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> Future[None]:
        """Answer, and remember what was right."""
        if self.get_status() == HTTPStatus.OK and isinstance(chunk, str):
            self._known[self._asked] = chunk
        return super().finish(chunk)

    @property
    def _known(self) -> dict[tuple[str, bool], str]:
        known: dict[tuple[str, bool], str] = self.settings.setdefault("mentoring_settings", {})
        return known


class Forgotten(APIHandler):
    """Takes the layout that JupyterLab wants remembered, and forgets it: both people's pages begin alike."""

    auth_resource = "api"

    def initialize(self, **_kwargs: Any) -> None:  # noqa: ANN401
        """Need nothing of what the handler it stands for needs."""

    @web.authenticated
    def get(self, name: str = "", **_kwargs: str) -> None:
        """Return an empty one."""
        space = name or "default"
        self.finish(json.dumps({"data": {}, "metadata": {"id": space}}))

    @web.authenticated
    def put(self, *_args: str, **_kwargs: str) -> None:
        """Say that all is well."""
        self.set_status(204)
        self.finish()


class NoExports(APIHandler):
    """JupyterLab asks at its start into what a notebook can be turned: here, into nothing."""

    @web.authenticated
    def get(self) -> None:
        """Return no format."""
        self.finish(json.dumps({}))
