# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login of a camera whose address comes from the centre: a text that names the hosts to which it may go.

Addresses come from whoever may change a gate; what the text on the reader's machine does not name gets no login.
"""

import re

_HOST = r"(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])"
_ADDRESS = re.compile(rf"[a-z][a-z0-9+.-]*://(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?(?:[/?#].*)?")
"""Narrower than what libraries take, so that each of them sees the same host in it."""
_NAMED = re.compile(rf"(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?")


class LoginRefusedError(Exception):
    """The text is no login with hosts, or names others; says which, and no part of the login."""


def login_for(text: str, url: str) -> str:
    """USER:PASSWORD of the text, as on paper, for the host of this address.

    The first line of the text is the login; each further line is `host: NAME` (any port of it) or `host: NAME:PORT`.
    Raises LoginRefusedError.
    """
    login, *lines = [line.strip() for line in text.strip().splitlines()]
    found = _ADDRESS.fullmatch(url.lower())
    if found is None:
        raise LoginRefusedError("the address has no plain host to which a login may go")
    asked = found["host"] + (f":{found['port']}" if found["port"] else "")
    hosts = [_named(line) for line in lines if line]
    if not hosts:
        raise LoginRefusedError(f"names no host; add at the reader, below USER:PASSWORD, a line `host: {asked}`")
    if not {(found["host"], found["port"]), (found["host"], None)} & set(hosts):
        raise LoginRefusedError(f"is not for {asked}; where that is right, add at the reader a line `host: {asked}`")
    return login


def _named(line: str) -> tuple[str, str | None]:
    key, separator, value = line.partition(":")
    found = _NAMED.fullmatch(value.strip().lower())
    if not separator or key.strip().lower() != "host" or found is None:
        raise LoginRefusedError("expected USER:PASSWORD, and below it only lines `host: NAME` or `host: NAME:PORT`")
    return found["host"], found["port"]
