# SPDX-License-Identifier: AGPL-3.0-or-later
"""ASGI middleware: gzip for pages and scripts, never for event streams, images, or what another site has asked for.

Compression and secrets: who sees the length of an encrypted answer and can have the browser ask again and again, with
a text of his own in the address, may guess what else is in the page (the BREACH attack). Two things stand against it.
The only secret in our pages, the form token, is another text each time (`Sessions.form_token`). And an answer to a
request that another site caused is not compressed: browsers say so in Sec-Fetch-Site on every encrypted connection.
Without encryption there is nothing to guess.
"""

from starlette.datastructures import Headers
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_LEVEL = 5
"""Of zlib: a page of alarms takes 4 ms, and at 9 it would take twice that for 3 % less."""
_MINIMUM_BYTES = 1_000
_OWN = ("", "same-origin", "none")
"""Sec-Fetch-Site of requests that one of our pages or the user has caused; "" when the browser does not say."""


class Compression:
    """Compresses answers to requests of our own pages, where the browser takes gzip."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        never = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/vnd.pmtiles")  # asked for in parts, counted in its bytes
        self._gzip = GZipMiddleware(app, _MINIMUM_BYTES, compresslevel=_LEVEL, exclude_content_types=never)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_own = scope["type"] == "http" and Headers(scope=scope).get("sec-fetch-site", "") in _OWN
        await (self._gzip if is_own else self._app)(scope, receive, send)
