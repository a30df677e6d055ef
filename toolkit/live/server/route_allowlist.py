"""The allowlist of handlers and methods that guests can reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tornado.routing import PathMatches, Rule, RuleRouter
from tornado.web import Application, RequestHandler

from toolkit.live.server.handlers.documents import DocumentSessionHandler, RoomHandler
from toolkit.live.server.handlers.images import ImageHandler
from toolkit.live.server.handlers.invitations import HomeHandler, JoinHandler
from toolkit.live.server.handlers.kernels import (
    GuestKernelActionHandler,
    KernelSessionChangeHandler,
    KernelSessionHandler,
)
from toolkit.live.server.handlers.settings import (
    DiscardedWorkspaceHandler,
    GuestSettingsHandler,
    NoExportsHandler,
)
from toolkit.live.server.request_guard import GuardedHandlerMixin, RefusedHandler

__all__ = [
    "ALLOWED_ROUTES",
    "REFUSED_ROUTES",
    "AllowedRoute",
    "iterate_rules",
    "restrict_routes",
    "rule_name",
]

_READ = frozenset({"GET", "HEAD"})
_GET = frozenset({"GET"})
_POST = frozenset({"POST"})
_SERVER = "jupyter_server.services"
_CONTENTS = r"/api/contents(?P<path>(?:(?:/[^/]+)+|/?))"
_KERNEL = r"/api/kernels/(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
_LAB = r"/(?P<mode>lab|doc)(?P<workspace>/workspaces/[a-zA-Z0-9\-\_]+)?(?P<tree>/tree/.*)?"
_FILES = "jupyter_server.base.handlers.FileFindHandler"
_SETTINGS = "jupyterlab_server.settings_handler.SettingsHandler"
_TRANSLATIONS = "jupyterlab_server.translations_handler.TranslationsHandler"
_WORKSPACES = "jupyterlab_server.workspaces_handler.WorkspacesHandler"
_YDOC = "jupyter_server_ydoc.handlers"


@dataclass(frozen=True)
class AllowedRoute:
    """A handler that guests can reach.

    Parameters
    ----------
    methods : frozenset of str
        The allowed HTTP methods.
    by : type, optional
        A narrower handler that replaces Jupyter's.
    page : bool
        True if a link on another site may lead to it.
    """

    methods: frozenset[str]
    by: type[RequestHandler] | None = None
    page: bool = False


ALLOWED_ROUTES: dict[tuple[str, str], AllowedRoute] = {
    # JupyterLab's page and its static files, translations and settings.
    (_LAB, "jupyterlab_server.handlers.LabHandler"): AllowedRoute(_READ, page=True),
    (r"/lab/extensions/(.*)", _FILES): AllowedRoute(_READ),
    (r"/lab/api/themes/(.*)", "jupyterlab_server.themes_handler.ThemesHandler"): AllowedRoute(_READ),
    (r"/static/lab/(.*)", _FILES): AllowedRoute(_READ),
    (r"/static/(.*)", _FILES): AllowedRoute(_READ),
    (r"/lab/api/translations/?", _TRANSLATIONS): AllowedRoute(_GET),
    (r"/lab/api/translations/(?P<locale>.*)", _TRANSLATIONS): AllowedRoute(_GET),
    (r"/lab/api/settings/?", _SETTINGS): AllowedRoute(_GET, by=GuestSettingsHandler),
    (r"/lab/api/settings/(?P<schema_name>.+)", _SETTINGS): AllowedRoute(_GET, by=GuestSettingsHandler),
    (r"/lab/api/workspaces/(?P<space_name>.+)", _WORKSPACES): AllowedRoute(
        frozenset({"GET", "PUT"}), by=DiscardedWorkspaceHandler
    ),
    # Identity, status and events.
    ("/api/me", f"{_SERVER}.api.handlers.IdentityHandler"): AllowedRoute(_GET),
    ("/api/status", f"{_SERVER}.api.handlers.APIStatusHandler"): AllowedRoute(_GET),
    ("/api/events/subscribe", f"{_SERVER}.events.handlers.SubscribeWebsocket"): AllowedRoute(_GET),
    # The notebook.
    (r"/api/collaboration/room/(.*)", f"{_YDOC}.YDocWebSocketHandler"): AllowedRoute(_GET, by=RoomHandler),
    (r"/api/collaboration/session/(.*)", f"{_YDOC}.DocSessionHandler"): AllowedRoute(
        frozenset({"PUT"}), by=DocumentSessionHandler
    ),
    (_CONTENTS, f"{_SERVER}.contents.handlers.ContentsHandler"): AllowedRoute(_GET),
    (f"{_CONTENTS}/checkpoints", f"{_SERVER}.contents.handlers.CheckpointsHandler"): AllowedRoute(_GET),
    (r"/files/(.*)", "jupyter_server.base.handlers.AuthenticatedFileHandler"): AllowedRoute(
        _READ, by=ImageHandler
    ),
    ("/api/nbconvert", f"{_SERVER}.nbconvert.handlers.NbconvertRootHandler"): AllowedRoute(
        _GET, by=NoExportsHandler
    ),
    # Its kernel.
    ("/api/kernelspecs", f"{_SERVER}.kernelspecs.handlers.MainKernelSpecHandler"): AllowedRoute(_GET),
    ("/api/kernels", f"{_SERVER}.kernels.handlers.MainKernelHandler"): AllowedRoute(_GET),
    (_KERNEL, f"{_SERVER}.kernels.handlers.KernelHandler"): AllowedRoute(_GET),
    (
        f"{_KERNEL}/(?P<action>restart|interrupt)",
        f"{_SERVER}.kernels.handlers.KernelActionHandler",
    ): AllowedRoute(_POST, by=GuestKernelActionHandler),
    (f"{_KERNEL}/channels", f"{_SERVER}.kernels.websocket.KernelWebsocketHandler"): AllowedRoute(_GET),
    ("/api/sessions", f"{_SERVER}.sessions.handlers.SessionRootHandler"): AllowedRoute(
        _GET | _POST, by=KernelSessionHandler
    ),
    (
        r"/api/sessions/(?P<session_id>\w+-\w+-\w+-\w+-\w+)",
        f"{_SERVER}.sessions.handlers.SessionHandler",
    ): AllowedRoute(frozenset({"GET", "PATCH"}), by=KernelSessionChangeHandler),
}
"""By pattern and name of Jupyter's handler: a new handler under a known pattern is not allowed."""

REFUSED_ROUTES: frozenset[tuple[str, str]] = frozenset(
    {
        ("/api/fileid/id", "jupyter_server_fileid.handler.FileIDHandler"),
        ("/api/fileid/path", "jupyter_server_fileid.handler.FilePathHandler"),
        (r"/api/collaboration/fork/(.*)", f"{_YDOC}.DocForkHandler"),
        (r"/api/collaboration/timeline/(.*)", f"{_YDOC}.TimelineHandler"),
        (r"/api/collaboration/undo_redo/(.*)", f"{_YDOC}.UndoRedoHandler"),
        ("/lab/api/build", "jupyterlab.handlers.build_handler.BuildHandler"),
        ("/lab/api/extensions", "jupyterlab.handlers.extension_manager_handler.ExtensionHandler"),
        ("/lab/api/plugins", "jupyterlab.handlers.plugin_manager_handler.PluginHandler"),
        ("/lab/api/update", "jupyterlab.handlers.announcements.CheckForUpdateHandler"),
        ("/lab/api/news", "jupyterlab.handlers.announcements.NewsHandler"),
        ("/lab/api/workspaces/?", _WORKSPACES),
        ("/lab/api/listings/(.*)", "jupyterlab_server.listings_handler.ListingsHandler"),
        ("/lab/api/licenses/(.*)", "jupyterlab_server.licenses_handler.LicensesHandler"),
        ("/lab/.*", "jupyterlab_server.handlers.NotFoundHandler"),
        (r"/(robots\.txt)", _FILES),
        (r"/(favicon\.ico)", _FILES),
        (r"/(robots\.txt|favicon\.ico)", "jupyter_server.base.handlers.PublicStaticFileHandler"),
        ("/api/spec.yaml", f"{_SERVER}.api.handlers.APISpecHandler"),
        ("/api/resolvePath", f"{_SERVER}.api.handlers.PathResolverHandler"),
        (r"/api/config/(?P<section_name>\w+)", f"{_SERVER}.config.handlers.ConfigHandler"),
        (
            rf"{_CONTENTS}/checkpoints/(?P<checkpoint_id>[\w-]+)",
            f"{_SERVER}.contents.handlers.ModifyCheckpointsHandler",
        ),
        (f"{_CONTENTS}/trust", f"{_SERVER}.contents.handlers.TrustNotebooksHandler"),
        (r"/api/notebooks/?(.*)", f"{_SERVER}.contents.handlers.NotebooksRedirectHandler"),
        (
            r"/kernelspecs/(?P<kernel_name>[\w\.\-%]+)/(?P<path>.*)",
            "jupyter_server.kernelspecs.handlers.KernelSpecResourceHandler",
        ),
        (
            r"/api/kernelspecs/(?P<kernel_name>[\w\.\-%]+)",
            f"{_SERVER}.kernelspecs.handlers.KernelSpecHandler",
        ),
        (r"/nbconvert/(?P<format>\w+)", "jupyter_server.nbconvert.handlers.NbconvertPostHandler"),
        (
            r"/nbconvert/(?P<format>\w+)(?P<path>(?:(?:/[^/]+)+|/?))",
            "jupyter_server.nbconvert.handlers.NbconvertFileHandler",
        ),
        ("/api/security/csp-report", f"{_SERVER}.security.handlers.CSPReportHandler"),
        ("/api/shutdown", f"{_SERVER}.shutdown.ShutdownHandler"),
        (r"/view(?P<path>(?:(?:/[^/]+)+|/?))", "jupyter_server.view.handlers.ViewHandler"),
        ("/api/events", f"{_SERVER}.events.handlers.EventHandler"),
        ("/.*/", "jupyter_server.base.handlers.TrailingSlashHandler"),
        ("/api", "jupyter_server.base.handlers.APIVersionHandler"),
        ("/metrics", "jupyter_server.base.handlers.PrometheusMetricsHandler"),
        ("/", "jupyter_server.base.handlers.MainHandler"),
        ("(.*)", "jupyter_server.base.handlers.Template404"),
    }
)
"""Known handlers that guests cannot reach. An unknown one is refused as well, and a test asks to list it."""

_OWN_HANDLERS: tuple[tuple[str, type[GuardedHandlerMixin]], ...] = (
    ("/", HomeHandler),
    ("/login", HomeHandler),
    ("/join/([^/]+)", JoinHandler),
)


def iterate_rules(application: Application) -> Iterator[Rule]:
    """Yield every routing rule of the application, in no particular order."""
    pending = list(application.default_router.rules)
    while pending:
        rule = pending.pop()
        if isinstance(rule.target, RuleRouter):
            pending.extend(rule.target.rules)
        else:
            yield rule


def rule_name(rule: Rule) -> tuple[str, str]:
    """Return a rule's pattern and the full name of its handler, as the keys of `ALLOWED_ROUTES`."""
    matcher = rule.matcher
    pattern = matcher.regex.pattern.removesuffix("$") if isinstance(matcher, PathMatches) else repr(matcher)
    target = rule.target
    return pattern, f"{target.__module__}.{target.__qualname__}" if isinstance(target, type) else repr(target)


def restrict_routes(application: Application) -> set[tuple[str, str]]:
    """Guard the allowed handlers, replace all others with one that answers 403, and add our own pages.

    Returns
    -------
    set of tuple
        The names of all rules that the application had.
    """
    found = set()
    for rule in iterate_rules(application):
        name = rule_name(rule)
        found.add(name)
        route = ALLOWED_ROUTES.get(name)
        if route is None:
            rule.target, rule.target_kwargs = RefusedHandler, {}
        else:
            rule.target = _guarded(route.by or rule.target, route)
    application.add_handlers(".*$", list(_OWN_HANDLERS))
    return found


def _guarded(handler: type[RequestHandler], route: AllowedRoute) -> type[RequestHandler]:
    return type(
        handler.__name__, (GuardedHandlerMixin, handler), {"methods": route.methods, "page": route.page}
    )
