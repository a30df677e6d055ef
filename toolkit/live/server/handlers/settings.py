"""Handlers of JupyterLab's settings, workspaces and export formats."""

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

__all__ = ["DiscardedWorkspaceHandler", "GuestSettingsHandler", "NoExportsHandler"]

_PLUGIN_ID = re.compile(r"(@[a-z0-9][\w-]*/)?[a-z0-9][\w-]*:[\w-]+")


class GuestSettingsHandler(SettingsHandler):
    """JupyterLab's settings, limited to valid plugin ids: another name could lead to any JSON file.

    Nobody changes settings here, and reading all of them blocks the server for 0.14 s: so each answer is
    cached.
    """

    _cache_key = ("", False)

    @web.authenticated
    def get(self, schema_name: str = "") -> Any:  # noqa: ANN401 - as its base
        """Return the settings of one plugin, or of all."""
        if schema_name and _PLUGIN_ID.fullmatch(schema_name) is None:
            raise HTTPError(404)
        self._cache_key = (schema_name, self.get_argument("ids_only", "") == "true")
        cached = self._cache.get(self._cache_key)
        return self.finish(cached) if cached is not None else super().get(schema_name)

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> Future[None]:
        """Send the answer, and cache a successful one."""
        if self.get_status() == HTTPStatus.OK and isinstance(chunk, str):
            self._cache[self._cache_key] = chunk
        return super().finish(chunk)

    @property
    def _cache(self) -> dict[tuple[str, bool], str]:
        cached: dict[tuple[str, bool], str] = self.settings.setdefault("mentoring_settings", {})
        return cached


class DiscardedWorkspaceHandler(APIHandler):
    """Accepts JupyterLab's layout without storing it: every page opens with the same layout."""

    auth_resource = "api"

    def initialize(self, **_kwargs: Any) -> None:  # noqa: ANN401
        """Ignore the arguments of the handler that this one replaces."""

    @web.authenticated
    def get(self, name: str = "", **_kwargs: str) -> None:
        """Return an empty layout.

        Parameters
        ----------
        name : str
            The name of the workspace; empty for the default one.
        _kwargs
            Other parts of the path, not used.
        """
        space = name or "default"
        self.finish(json.dumps({"data": {}, "metadata": {"id": space}}))

    @web.authenticated
    def put(self, *_args: str, **_kwargs: str) -> None:
        """Answer 204, and store nothing.

        Parameters
        ----------
        _args, _kwargs
            Parts of the path, not used.
        """
        self.set_status(204)
        self.finish()


class NoExportsHandler(APIHandler):
    """The list of export formats, which JupyterLab requests at its start: it is empty here."""

    @web.authenticated
    def get(self) -> None:
        """Return no format."""
        self.finish(json.dumps({}))
