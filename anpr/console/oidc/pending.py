# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login under way at the provider as a signed cookie: any console process can answer the callback.

The cookie ties the answer to the browser that asked. It holds the PKCE verifier too, which is worth nothing without the
code; the browser that holds the cookie is the one that gets the code anyway.
"""

import hashlib
import hmac
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from anpr.runtime.clock import Clock

LASTS = timedelta(minutes=10)
"""So long somebody may take at the provider, with its second factor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderLogin:
    """What was asked: `callback` is our own address that the provider leads back to, `back` the page afterwards."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    callback: str
    back: str
    begun_at: int
    """UTC, s since 1970."""

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the state: what is kept of a login that has begun a session."""
        return hashlib.sha256(self.state.encode()).digest()


class ProviderLogins:
    """Makes and reads the cookies."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._serializer = URLSafeSerializer(secret, salt="anpr-provider-login")
        self._clock = clock

    def to_cookie(self, login: ProviderLogin) -> str:
        """The signed text of the cookie."""
        until = int((self._clock.now() + LASTS).timestamp())
        text: str = self._serializer.dumps([asdict(login), until])
        return text

    def answered(self, cookie: str | None, state: str) -> ProviderLogin | None:
        """The login of this cookie that the callback with this state answers; None when it has none or is over."""
        if not cookie:
            return None
        try:
            fields, until = self._serializer.loads(cookie)
            login = ProviderLogin(**fields)
        except (BadSignature, ValueError, TypeError):
            return None
        is_open = self._clock.now().timestamp() < until
        return login if is_open and hmac.compare_digest(login.state.encode(), state.encode()) else None
