# SPDX-License-Identifier: AGPL-3.0-or-later
"""Diagnosis of an address that could not be opened: asks the network itself, since FFmpeg's reason is often a number.

Nothing of the login is sent, and nothing of it is in a text.
"""

import socket
import threading
from urllib.parse import urlsplit

from anpr.domain.errors import CameraError, CameraFault
from anpr.domain.gate import Camera

_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935, "rtmps": 443}
"""Registered ports of the schemes that connect to one (IANA)."""
_RESOLVE_S = 5.0
_ANSWER_S = 3.0
_HEAD_BYTES = 64
_REFUSALS = {
    "401": "the user or the password is not accepted",
    "403": "this user may not see the stream",
    "404": "the camera has no stream of this name: the part of the address after the port is wrong",
}
"""What a camera means by its status (RFC 2326 and RFC 9110), by the number in FFmpeg's text."""


def explained(camera: Camera, error: CameraError) -> CameraError:
    """The same fault, said so that the person before the camera knows what to look at."""
    parts = urlsplit(camera.url)
    host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    detail: str | None = None
    if error.fault is CameraFault.REFUSED:
        detail = next((f"{words} ({code})" for code, words in _REFUSALS.items() if f" {code} " in error.detail), None)
    elif error.fault in {CameraFault.UNREACHABLE, CameraFault.UNDECODABLE} and host and port:
        detail = _network_fault(parts.scheme, host, port)
        if detail is None and parts.scheme in {"http", "https"} and not error.detail.startswith("no answer"):
            detail = f"{host} answers at port {port}, and what it sends is no video: a web page?"
    return CameraError(error.fault, camera.id, detail) if detail else error


def _network_fault(scheme: str, host: str, port: int) -> str | None:
    """What is wrong on the way to the port or at it; None when nothing is."""
    if not _resolves(host):
        return f"the name {host} does not resolve: a slip in it, or no name server; the address in numbers needs none"
    try:
        answer = _first_words(host, port, asks_rtsp=scheme == "rtsp")
    except ConnectionRefusedError:
        return f"nothing listens at port {port} of {host}: another port, or the camera's RTSP service is off"
    except OSError:
        return f"{host} does not answer at port {port}: no such machine in this network, no power, or a firewall"
    if answer.startswith((b"HTTP/", b"<")):
        return f"at port {port} of {host} is a web page (HTTP), not a camera's stream; RTSP is usually at port 554"
    return f"at port {port} of {host} answers something that is not RTSP" if answer[:5] not in {b"", b"RTSP/"} else None


def _resolves(host: str) -> bool:
    """Asked in a thread of its own: the system's resolver takes no time limit."""
    found: list[bool] = []

    def ask() -> None:
        try:
            found.append(bool(socket.getaddrinfo(host, None)))
        except (OSError, UnicodeError):  # a label that is empty or too long
            found.append(False)

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(_RESOLVE_S)
    return bool(found and found[0])


def _first_words(host: str, port: int, *, asks_rtsp: bool) -> bytes:
    """The beginning of the answer to a question that every RTSP server answers; empty for another scheme and where
    none comes. Raises OSError when the port is not reached."""
    with socket.create_connection((host, port), timeout=_ANSWER_S) as connection:
        if not asks_rtsp:
            return b""
        try:
            connection.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            return connection.recv(_HEAD_BYTES).lstrip()
        except OSError:
            return b""
