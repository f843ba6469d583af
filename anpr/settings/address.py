# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks of addresses that may hold a password: says which part is wrong and how to write it, never the value."""

import re
from collections.abc import Collection
from difflib import get_close_matches
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]+)?")
_DIGITS_AND_DOTS = re.compile(r"[0-9.]+")
_NO_HOST = re.compile(r"[^\w.:%-]|^[.-]|\.\.")
"""Signs and beginnings that neither a name nor an address has; a % begins a code, or an IPv6 zone."""
ENCODE = "write it percent-encoded: # as %23, / as %2F, ? as %3F, @ as %40, % as %25, a blank as %20"


def check_address(text: str, schemes: Collection[str], *, host_needed: bool = True) -> SplitResult:
    """The parts of SCHEME://USER:PASSWORD@HOST:PORT/…, where commas may part several hosts.

    Raises ValueError naming the part that is wrong.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise ValueError(f"expected {_listed(schemes)}")
    if scheme.lower() not in schemes:
        near = get_close_matches(scheme.lower(), schemes, 2, 0.5)
        raise ValueError(f"unknown scheme; expected {_listed(near or schemes)}")
    if re.search(r"\s", text):
        raise ValueError(f"a blank in the address; {ENCODE}")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    _check_login(authority, rest)
    return _check_place(text, host_needed)


def _check_login(authority: str, rest: str) -> None:
    login, at, _ = authority.rpartition("@")
    behind = rest[len(authority) :]
    if not at and ":" in authority and "@" in behind and not _is_certainly_a_host(authority):
        # No host and port before the sign: it is a password's. `rtsp://u:12/3@h` looks like host and port, and is none.
        raise ValueError(
            f"a #, / or ? before the @; in a user name or a password {ENCODE}. An @ behind the host is written %40 too"
        )
    if "@" in login:
        raise ValueError(f"two @ before the host; in a user name or a password {ENCODE}")
    if _BAD_PERCENT.search(login):
        raise ValueError(f"a % in the user name or the password that begins no code; {ENCODE}")


def _is_certainly_a_host(authority: str) -> bool:
    """Whether HOST:PORT cannot be USER:PASSWORD: an address in digits, which is nobody's name."""
    host, _, port = authority.rpartition(":")
    return port.isdecimal() and _is_ip_address(host.removeprefix("[").removesuffix("]"))


def _check_place(text: str, host_needed: bool) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError("the host is no name and no address") from None
    places = parts.netloc.rpartition("@")[2].split(",")
    for place in places:
        _check_host_and_port(f"{parts.scheme}://{place}", host_needed or len(places) > 1)
    return parts


def _check_host_and_port(text: str, host_needed: bool) -> None:
    parts = urlsplit(text)
    host = parts.hostname or ""
    if host_needed and not host:
        raise ValueError("no host; expected …://HOST or …://USER:PASSWORD@HOST:PORT/…")
    if _DIGITS_AND_DOTS.fullmatch(host) and not _is_ip_address(host):
        raise ValueError("the host is no address; it has four numbers from 0 to 255, such as 192.168.1.10")
    if _NO_HOST.search(host):
        raise ValueError("the host is no name and no address")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if port is not None and not 1 <= port <= 65535:
        raise ValueError("the port is no number from 1 to 65535")


def _is_ip_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def looks_like_an_address(text: str) -> bool:
    """Whether a text without a scheme is more likely a host than a file: `192.168.1.10`, `cam:554/live`, `rtsp:/…`."""
    head = text.split("/", 1)[0]
    if re.match(r"^[A-Za-z]{2,}:/", text) or "@" in head:
        return True
    return bool(_HOST_AND_PORT.fullmatch(head)) and (":" in head or bool(re.fullmatch(r"[0-9]+(\.[0-9]+){3}", head)))


def _listed(schemes: Collection[str]) -> str:
    return " or ".join(f"{scheme}://…" for scheme in sorted(schemes))
