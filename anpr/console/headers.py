# SPDX-License-Identifier: AGPL-3.0-or-later
"""ASGI middleware: security headers on every answer, and a limit on the size of requests."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anpr.console.uploads import TOO_LARGE, most_body, takes_file

_SOURCES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)


def content_policy(*more: str, image_origin: str | None = None) -> str:
    """The Content-Security-Policy of our pages, with further sources of one page; images may come from `image_origin`
    (a tile server of the site's own) too."""
    images = f"img-src 'self' {image_origin}" if image_origin else "img-src 'self'"
    return "; ".join((*_SOURCES, images, *more))


def device_policy(*, may_locate: bool = False) -> str:
    """What a page may ask the browser for: nothing, or where the phone is."""
    return f"camera=(), geolocation=({'self' if may_locate else ''}), microphone=()"


_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": device_policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


_ONLY_HTTPS = "max-age=31536000"
"""Browsers that were here over HTTPS come back over nothing else for a year (HSTS)."""


class Headers:
    """Adds the security headers, and refuses bodies larger than any form of ours.

    Plain ASGI: Starlette's BaseHTTPMiddleware would hold the stream of live alarms in a queue of its own.
    """

    def __init__(self, app: ASGIApp, image_origin: str | None = None) -> None:
        self._app = app
        self._headers = {"Content-Security-Policy": content_policy(image_origin=image_origin), **_ALWAYS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                _add_headers(headers, self._headers, scope["path"])
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", _ONLY_HTTPS)
            await send(message)

        app = self._app if _is_small(scope) else PlainTextResponse(_too_large(scope), status_code=413)
        await app(scope, receive, send_with_headers)


def _add_headers(headers: MutableHeaders, always: Mapping[str, str], path: str) -> None:
    for name, value in always.items():
        headers.setdefault(name, value)
    # Pages and images name people's movements: no browser or proxy may keep them.
    headers.setdefault("Cache-Control", "private, no-cache" if path.startswith("/static/") else "private, no-store")


def _too_large(scope: Scope) -> str:
    return TOO_LARGE if takes_file(scope["path"]) else "request too large"


def _is_small(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    if scope["method"] in ("GET", "HEAD"):
        return True
    if b"transfer-encoding" in headers:
        return False  # its length shows only at its end
    length = headers.get(b"content-length", b"0")  # with neither there is no body (RFC 9112, 6.3)
    return length.isdigit() and int(length) <= most_body(scope["path"])
