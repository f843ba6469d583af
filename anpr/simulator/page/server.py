# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP server of the page: addresses to views, with the headers and checks that keep other sites' pages out."""

import hmac
import mimetypes
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anpr
from anpr.simulator.centre import SimulatedCentre
from anpr.simulator.page.views import NotFoundError, PageAnswer, PageViews
from anpr.simulator.servers.http_listener import SimulatorHandler, http_listener

_MOST_FORM = 64 * 1024
_OWN = Path(__file__).resolve().parent / "static"
_CONSOLE = Path(anpr.__file__).resolve().parent / "console" / "static"
STATIC: Mapping[str, Path] = {
    "console.css": _CONSOLE / "console.css",
    "phone.css": _CONSOLE / "phone.css",
    "icon.svg": _CONSOLE / "icon.svg",
    "simulator.css": _OWN / "simulator.css",
    "simulator.js": _OWN / "simulator.js",
}
"""The console's look, and what the page has besides."""
_HEADERS = {
    "Content_Security_Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X_Content_Type_Options": "nosniff",
    "Referrer_Policy": "same-origin",
    "Cache_Control": "no-store",
    "Cross_Origin_Resource_Policy": "same-origin",
}


def serve_page(centre: SimulatedCentre, listening: socket.socket) -> AbstractContextManager[None]:
    """Serve the page until the context ends."""
    return _serving(PageViews(centre, secrets.token_urlsafe(18)), listening)


@contextmanager
def _serving(views: PageViews, listening: socket.socket) -> Iterator[None]:
    class Handler(_PageHandler):
        pass

    Handler.views = views
    with http_listener(listening, Handler, "simulator-page"):
        yield


class _PageHandler(SimulatorHandler):
    views: PageViews

    def do_GET(self) -> None:  # noqa: N802
        place = urlsplit(self.path).path
        if not self._is_ours():
            return
        if place.startswith("/static/"):
            self._send_static(place.removeprefix("/static/"))
            return
        try:
            self._send(self.views.get(place))
        except NotFoundError:
            self._send(self.views.not_found())

    do_HEAD = do_GET  # noqa: N815  the name is the standard library's

    def do_POST(self) -> None:  # noqa: N802  the names are the standard library's
        body = self.body(_MOST_FORM)
        if body is None or not self._is_ours():
            return
        form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if not hmac.compare_digest(form.get("token", "").encode(), self.views.token.encode()):
            self._send(PageAnswer(status=403))
            return
        try:
            self._send(self.views.post(urlsplit(self.path).path, form))
        except NotFoundError:
            self._send(self.views.not_found())

    def _is_ours(self) -> bool:
        """Whether the browser means this address: a name that others let point here gets nothing (DNS rebinding)."""
        port = self.connection.getsockname()[1]
        if self.headers.get("Host") in (f"127.0.0.1:{port}", f"localhost:{port}"):
            return True
        self.close_connection = True
        self.answer(421)
        return False

    def _send_static(self, name: str) -> None:
        path = STATIC.get(name)
        if path is None:
            self._send(self.views.not_found())
            return
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self._send(PageAnswer(body=path.read_bytes(), content_type=kind))

    def _send(self, answer: PageAnswer) -> None:
        more = {"Location": answer.location} if answer.location else {}
        if answer.download:
            more["Content_Disposition"] = f'attachment; filename="{answer.download}"'
        self.answer(answer.status, answer.body, answer.content_type, **_HEADERS, **more)
