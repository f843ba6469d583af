# SPDX-License-Identifier: AGPL-3.0-or-later
"""An OpenID provider that lies on demand: wrong claims, foreign keys, no signature, late and endless answers."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from anpr.runtime.clock import SystemClock
from scripts.lab.oidc_provider import CLIENT_ID

SUBJECT = "m-1"
Body = Callable[[], Iterator[bytes]]


class LyingProvider:
    """Serves while the block lasts. `bodies` replaces what an address answers; `asked` counts requests by address."""

    def __init__(self) -> None:
        self.key: RSAKey = RSAKey.generate_key(2048, {"kid": "k"})
        self.published: list[RSAKey] = [self.key]
        self.header: dict[str, str] = {"alg": "RS256", "kid": "k"}
        self.bodies: dict[str, tuple[dict[str, str], Body]] = {}
        self.metadata: dict[str, Any] = {}
        self.token_status = 200
        self.token: dict[str, Any] = {}
        self.asked: dict[str, int] = {}
        self.ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def issuer(self) -> str:
        """http://host:port."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(
        self, nonce: str, claims: Mapping[str, Any] | None = None, *, signed_by: RSAKey | OctKey | None = None
    ) -> None:
        """The token endpoint gives an ID token with right claims, and these on top; None takes one away."""
        now = int(SystemClock().now().timestamp())
        right = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": SUBJECT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "preferred_username": "mario.rossi",
            "groups": ["anpr-operatori"],
        }
        said = {name: value for name, value in {**right, **(claims or {})}.items() if value is not None}
        token = jwt.encode(self.header, said, signed_by or self.key, algorithms=["RS256", "HS256"])
        self.token_status, self.token = 200, {"access_token": "a", "token_type": "Bearer", "id_token": token}

    def json_of(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status and object at this address."""
        if path == "/.well-known/openid-configuration":
            places = {name: f"{self.issuer}/{place}" for name, place in _PLACES.items()}
            return 200, {"issuer": self.issuer, **places, **self.metadata}
        if path == "/keys":
            return 200, {"keys": [key.as_dict(private=False) for key in self.published]}
        return (self.token_status, self.token) if path == "/token" else (404, {})

    def __enter__(self) -> "LyingProvider":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=60)


_PLACES = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}


def _handler_of(liar: LyingProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            path = self.path.partition("?")[0]
            liar.asked[path] = liar.asked.get(path, 0) + 1
            self.rfile.read(int(self.headers.get("content-length", 0)))
            if path in liar.bodies:
                headers, body = liar.bodies[path]
                self._send(200, headers, body())
                return
            status, found = liar.json_of(path)
            self._send(status, {}, iter([json.dumps(found).encode()]))

        do_GET = do_POST = _answer  # noqa: N815  the names are the library's

        def _send(self, status: int, headers: Mapping[str, str], body: Iterator[bytes]) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for part in body:
                    self.wfile.write(part)
            except OSError:
                return  # the console has had enough

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler
