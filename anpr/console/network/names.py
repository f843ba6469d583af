# SPDX-License-Identifier: AGPL-3.0-or-later
"""ASGI middleware: requests for another server's name are refused.

A page of another site can have its own name answered with our address (DNS rebinding) and would then be of our origin;
and no address that we answer with may be built from what a client writes into Host.
"""

import re
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from anpr.settings.base import is_loopback

_NAME = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")
_FOR_EVERYBODY = ("/healthz", "/readyz")
"""Load balancers ask for these by address, and they tell nothing."""


def name_in(host: str) -> str:
    """The name in a Host header, without its port and brackets, in lower case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


class OwnNames:
    """Answers 421 to requests whose Host names neither one of `names` nor, without names, this machine."""

    def __init__(self, app: ASGIApp, names: Collection[str], *, any_name: bool) -> None:
        """`any_name`: without names, take every one."""
        self._app = app
        self._names = frozenset(name.strip("[]") for name in names)
        self._any_name = any_name and not names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and scope["path"] not in _FOR_EVERYBODY and not self._is_ours(scope):
            app = PlainTextResponse("this console does not go by that name (console.names)", status_code=421)
        await app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) != 1:
            return False
        name = name_in(hosts[0])
        if not _NAME.fullmatch(name):
            return False
        return self._any_name or name in self._names or (not self._names and is_loopback(name))
