"""tornado: requests and routes."""

from __future__ import annotations

import pytest
from tornado.httpserver import HTTPServer, _HTTPRequestContext, _ProxyAdapter
from tornado.httputil import HTTPHeaders
from tornado.platform.asyncio import BaseAsyncIOLoop
from tornado.routing import PathMatches, RuleRouter
from tornado.web import Application, RequestHandler

from tests.canary.signatures import mentions, takes

pytestmark = pytest.mark.canary


class Stream:
    def __init__(self):
        self.socket = None


def test_the_address_of_a_request_is_given_back(changed):
    context = _HTTPRequestContext(Stream(), b"\0a", "http")
    assert (context.remote_ip, context._orig_remote_ip) == ("0.0.0.0", "0.0.0.0"), changed(
        "an address of no network"
    )
    context.remote_ip = context._orig_remote_ip = "10.0.0.1"
    context._apply_xheaders(HTTPHeaders({"X-Forwarded-For": "10.0.0.2"}))
    assert context.remote_ip == "10.0.0.2", changed("the reading of a proxy's headers")
    context._unapply_xheaders()
    assert context.remote_ip == "10.0.0.1", changed("`_orig_remote_ip`")


def test_headers_are_looked_at_request_by_request(changed):
    assert takes(HTTPServer.start_request, "server_conn", "request_conn"), changed("start_request")
    assert mentions(HTTPServer.start_request, "if self.xheaders:", "_ProxyAdapter"), changed(
        "the use of xheaders"
    )
    assert mentions(_ProxyAdapter, "_apply_xheaders", "_unapply_xheaders"), changed("_ProxyAdapter")


def test_an_application_s_rules_can_be_walked(changed):
    application = Application([("/a", RequestHandler)])
    rules = list(application.default_router.rules)
    routers = [rule.target for rule in rules if isinstance(rule.target, RuleRouter)]
    inner = [rule for router in routers for rule in router.rules]
    patterns = [rule.matcher.regex.pattern for rule in inner if isinstance(rule.matcher, PathMatches)]
    assert "/a$" in patterns, changed("the rules of an application")


def test_its_loop_is_asyncio_s(changed):
    assert mentions(BaseAsyncIOLoop, "self.asyncio_loop = "), changed("asyncio_loop")
