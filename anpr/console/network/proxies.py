# SPDX-License-Identifier: AGPL-3.0-or-later
"""ASGI middleware: who a request is from, and whether it came over HTTPS, where trusted proxies stand in between.

Headers of a client prove nothing: X-Forwarded-For and X-Forwarded-Proto count only when the connection is that of a
proxy which the settings name. Of the addresses in the header the right-most one counts that is no trusted proxy: what
stands left of it the client may have written.
"""

from collections.abc import Sequence
from ipaddress import ip_network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from anpr.runtime.addresses import parsed_address


class TrustedProxies:
    """The proxies whose word counts."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ip_network(text) for text in networks]

    def __contains__(self, address: str) -> bool:
        found = parsed_address(address)
        return found is not None and any(found in network for network in self._networks)

    def client(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """The address that asks: the peer, or behind trusted proxies the right-most one that is none of them."""
        client = peer
        hops = [hop.strip() for header in forwarded_for for hop in header.split(",")]
        while client in self and hops:
            hop = hops.pop()
            address = parsed_address(_without_port(hop))
            if address is None:  # not an address: the last one that was is all we know
                break
            client = str(address)
        return client


class FromProxies:
    """Writes the true client and scheme into the scope of each request."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies, *, always_https: bool) -> None:
        """`always_https`: every request counts as one over HTTPS (console.secure_cookies)."""
        self._app = app
        self._proxies = proxies
        self._always_https = always_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            peer, port = scope.get("client") or ("unknown", 0)
            if peer in self._proxies:
                client = self._proxies.client(peer, headers.getlist("x-forwarded-for"))
                scope["client"] = (client, port if client == peer else 0)
                scheme = headers.get("x-forwarded-proto", "").strip().lower()
                scope["scheme"] = scheme if scheme in ("http", "https") else scope["scheme"]
            if self._always_https:
                scope["scheme"] = "https"
        await self._app(scope, receive, send)


def _without_port(hop: str) -> str:
    """192.0.2.1:4711 and [2001:db8::1]:4711, as some proxies write them, without the port."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
