"""What a browser is told when it opens JupyterLab."""

from __future__ import annotations

from typing import Any

from tornado.web import RequestHandler

from toolkit.live.server.identity import context_of
from toolkit.live.server.jupyter_config import DISABLED, LABEXTENSIONS
from toolkit.live.server.page_config import page_config as option

__all__ = ["page_config"]


def page_config(handler: RequestHandler, config: dict[str, Any]) -> dict[str, Any]:
    """Return the page's configuration, for the guest who asks.

    Parameters
    ----------
    config : dict
        JupyterLab's own; it is everybody's, and stays as it is.
    """
    context = context_of(handler)
    guest = context.guest(handler.current_user.username)
    told = dict(config)
    told["federated_extensions"] = [
        one for one in config.get("federated_extensions", ()) if one["name"] in LABEXTENSIONS
    ]
    told["disabledExtensions"] = sorted({*config.get("disabledExtensions", ()), *DISABLED})
    told["buildAvailable"] = told["buildCheck"] = False
    # Where the workspace lies on the mentor's machine is nobody's business.
    told["serverRoot"] = told["appSettingsDir"] = told["userSettingsDir"] = told["workspacesDir"] = ""
    if guest is not None:
        told["mentoring"] = option(guest, context.settings)
    return told
