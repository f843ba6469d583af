# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address of a device at a push service (Web Push, RFC 8030): what a browser may name, since the centre sends to it.

It is a capability: whoever has it may reach the device. It is shown to nobody whole.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from anpr.domain.errors import InputError

MAX_LENGTH = 2000
"""Characters of an address; those of the large services have some 200."""
_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_OWN_ENDS = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".intranet", ".corp", ".test", ".invalid")
"""Names that no public server bears (RFC 6761, RFC 6762, RFC 8375, and what networks of offices use)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PushEndpoint:
    """The parts of an address that was checked."""

    url: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """Scheme, host and port: for whom a VAPID token is (RFC 8292, `aud`)."""
        return f"https://{self.host}" if self.port == 443 else f"https://{self.host}:{self.port}"


def push_endpoint(url: str, private_hosts: Collection[str] = ()) -> PushEndpoint:
    """The address, where it is https of a public name on port 443; at `private_hosts` (names that the site has named)
    any port. Where the name leads is looked at when the centre connects. Raises InputError."""
    if len(url) > MAX_LENGTH or not url.isascii() or not url.isprintable() or " " in url:
        raise InputError("push address: not one")
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise InputError("push address: not one") from None
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" or "@" in parts.netloc or parts.fragment:
        raise InputError("push address: expected https://HOST/… without a login")
    if host not in private_hosts and (port != 443 or not _is_public_name(host)):
        raise InputError(f"push address: {host[:100] or 'nothing'} is no public name of a push service on port 443")
    return PushEndpoint(url=url, host=host, port=port)


def _is_public_name(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return bool(_NAME.fullmatch(host)) and not host.endswith(_OWN_ENDS)
    return False
