"""The configuration of JupyterLab's page, for one guest."""

from __future__ import annotations

from typing import Any

from tornado.web import RequestHandler

from toolkit.live.server.identity import live_context_of
from toolkit.live.server.jupyter_config import DISABLED_PLUGINS, LABEXTENSIONS
from toolkit.live.server.page_config import build_page_config as option

__all__ = ["page_config"]


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
        page["mentoring"] = option(guest, context.settings)
    return page
