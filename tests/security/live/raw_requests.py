"""Raw requests as an attacker sends them: paths with their dots, and an id that does not exist."""

from __future__ import annotations

import httpx

from tests.live.live_server import Live

UUID = "0b7c8d9e-1111-4222-8333-444455556666"


def raw(live: Live, client: httpx.Client, method: str, path: str, **kwargs) -> httpx.Response:
    """Send a path unchanged: a client would resolve its dots."""
    request = client.build_request(
        method, live.url, headers={"X-XSRFToken": client.cookies.get("_xsrf", "")}, **kwargs
    )
    request.url = httpx.URL(live.url).copy_with(raw_path=path.encode())
    return client.send(request)
