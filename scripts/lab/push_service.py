# SPDX-License-Identifier: AGPL-3.0-or-later
"""A push service as a stand-in: a real HTTPS server that verifies VAPID tokens and that a phone can decrypt; for tests.

It takes only what a service of a browser's maker takes: the token's signature by the key under which the phone
registered, its audience, end and contact, the encoding, and the headers of RFC 8030.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from anpr.domain.errors import InputError
from anpr.domain.url_base64 import from_url_base64, to_url_base64
from anpr.notify.webpush.encryption import decrypt
from anpr.runtime.certificate import load_pair
from scripts.lab.certificates import Authority, Issued

MOST_BYTES = 4096
LONGEST_S = 24 * 3600
HOST = "127.0.0.1"


@dataclass(kw_only=True)
class Phone:
    """A phone that has registered: its keys, and what it was told. `status`: what its service answers instead."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey
    auth: bytes
    site_key: str
    status: int | None = None
    told: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def device_key(self) -> bytes:
        """Its public key, as `p256dh` has it."""
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass(kw_only=True)
class PushService:
    """Where it listens, its phones by path, and what it refused, with the reason."""

    url: str
    authority: Authority
    now: Callable[[], float] = time.time
    """s since 1970, against which tokens are held."""
    phones: dict[str, Phone] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def register(self, name: str, site_key: str) -> Phone:
        """A new phone under this site's key."""
        path = f"/push/{name}"
        auth = name.encode().ljust(16, b".")[:16]
        phone = Phone(
            endpoint=f"{self.url}{path}",
            private=ec.generate_private_key(ec.SECP256R1()),
            auth=auth,
            site_key=site_key,
        )
        self.phones[path] = phone
        return phone

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """The status of the answer."""
        phone = self.phones.get(path)
        if phone is None:
            return 404
        if phone.status is not None:
            return phone.status
        try:
            self._verify(phone, headers)
            told = json.loads(decrypt(body, phone.private, phone.auth))
        except (InputError, JoseError, ValueError, KeyError) as exc:
            self.refused.append(f"{type(exc).__name__}: {exc}")
            return 403
        if len(body) > MOST_BYTES:
            return 413
        phone.told.append(told)
        phone.headers.append(headers)
        phone.bodies.append(body)
        return 201

    def _verify(self, phone: Phone, headers: dict[str, str]) -> None:
        scheme, _, rest = headers["authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        if scheme != "vapid" or parts["k"] != phone.site_key:
            raise ValueError("the phone registered under another key")
        point = from_url_base64(parts["k"])
        key = ECKey.import_key(
            {"kty": "EC", "crv": "P-256", "x": to_url_base64(point[1:33]), "y": to_url_base64(point[33:])}
        )
        claims = jwt.decode(parts["t"], key, algorithms=["ES256"]).claims
        if claims["aud"] != self.url:
            raise ValueError(f"the token is for {claims['aud']}")
        if not 0 < claims["exp"] - self.now() <= LONGEST_S:
            raise ValueError("the token has ended, or ends too late")
        if not claims["sub"].startswith(("mailto:", "https://")):
            raise ValueError("no contact")
        if headers["content-encoding"] != "aes128gcm" or not headers["ttl"].isdecimal():
            raise ValueError("not a push request")
        if len(headers["topic"]) > 32 or headers["urgency"] not in ("very-low", "low", "normal", "high"):
            raise ValueError("topic or urgency")


@contextmanager
def push_service(authority: Authority, issued: Issued) -> Iterator[PushService]:
    """A service on this machine, at an address of HOST."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status = service.take(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"{service.url}/push/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    server.socket = load_pair(str(issued.certificate), str(issued.key)).wrap_socket(server.socket, server_side=True)
    service = PushService(url=f"https://{HOST}:{server.server_address[1]}", authority=authority)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join(timeout=60)
        server.server_close()
