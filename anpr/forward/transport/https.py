# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTPS transport: each file is the body of one request; the reply is the receipt. Redirects are never followed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from urllib.parse import quote

import httpx2

from anpr.forward.transport.base import MAX_REPLY_BYTES, Receipt
from anpr.runtime.clock import Clock
from anpr.settings.forwarding.https import HttpSettings, HttpsTarget
from anpr.settings.forwarding.placeholders import fill_placeholders
from anpr.tls.https_client import TimedClient, http_errors, open_client, refuse_redirect, server_of

_IMAGE_TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
"""By the ending of a file's name."""


@contextmanager
def open_target(
    target: HttpsTarget,
    where: str,
    clock: Clock,  # noqa: ARG001  all transports are opened in one way
) -> Iterator["HttpsTransport"]:
    """A client for this address; it connects with the first file. Raises ForwardError."""
    with open_client(target, where) as client:
        yield HttpsTransport(client, target)


class HttpsTransport:
    """Sends each file within `timeout_s`, its whole answer included."""

    def __init__(self, client: TimedClient, target: HttpsTarget) -> None:
        self._client = client
        self._target = target

    def send(self, name: str, data: bytes) -> Receipt:
        target = self._target
        content_type = _IMAGE_TYPES.get(name.lower().rpartition(".")[2], target.content_type)
        headers = {**filled_headers(target, name, data), "Content-Type": content_type}
        place = fill_placeholders(target.url, names_of(name, escape=True))
        request = self._client.build_request(target.method, place, headers=headers, content=data)
        return exchange(self._client, request, target, name)

    def fetch(self, name: str) -> Receipt | None:  # noqa: ARG002  the signature is the protocol's
        return None


def names_of(name: str, *, escape: bool = False) -> dict[str, str]:
    """What `{name}` and `{stem}` stand for; `escape` for an address."""
    values = {"name": name, "stem": name.rpartition(".")[0] or name}
    return {key: quote(value, safe="") for key, value in values.items()} if escape else values


def filled_headers(target: HttpSettings, name: str, data: bytes) -> dict[str, str]:
    """The headers of the settings for this file."""
    values = {**names_of(name), "sha256": sha256(data).hexdigest(), "size": str(len(data))}
    return {key: fill_placeholders(value, values) for key, value in target.headers.items()}


def exchange(client: TimedClient, request: httpx2.Request, target: HttpSettings, name: str) -> Receipt:
    """Send the request and read what is answered, within limits. Raises ForwardError; a redirect is one, for good."""
    server, until = server_of(target), time.monotonic() + target.timeout_s
    with http_errors(target, name), client.context.deadline(target.timeout_s):
        answer = client.send(request, stream=True)
        try:
            return _receipt(answer, server, name, until)
        finally:
            answer.close()


def _receipt(answer: httpx2.Response, server: str, name: str, until: float) -> Receipt:
    refuse_redirect(answer, server, name)
    data, unread = _body(answer, until)
    label = f"{server}: {name}: reply {answer.status_code}"
    return Receipt(name=label, status=str(answer.status_code), data=data, unread=unread)


def _body(answer: httpx2.Response, until: float) -> tuple[bytes | None, str]:
    """The body; or None, and why it is not read: then nothing in it can be an acceptance."""
    encoding = answer.headers.get("content-encoding", "identity").lower()
    if encoding != "identity":
        return None, "a compressed body, which was not asked for"
    data = bytearray()
    for part in answer.iter_raw():
        data += part
        if len(data) > MAX_REPLY_BYTES:
            return None, f"a body of more than {MAX_REPLY_BYTES} bytes"
        if time.monotonic() > until:
            return None, "a body that does not end"
    return bytes(data), ""
