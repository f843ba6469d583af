# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pending login as a signed cookie: the password was right, and the code of the second factor is still asked for."""

from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from anpr.console.auth.sessions import fingerprint
from anpr.runtime.clock import Clock
from anpr.store.users.accounts import User

LASTS = timedelta(minutes=5)
"""So long the code is waited for; then the password is asked for again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingLogin:
    """Whose it is, under which password (its fingerprint), and where the login leads."""

    user: str
    password: str
    back: str


class PendingLogins:
    """Makes and reads them. No session begins from one without a code, and no code is good twice."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._serializer = URLSafeSerializer(secret, salt="anpr-pending-login")
        self._clock = clock

    def to_cookie(self, user: User, back: str) -> str:
        """The signed text of the cookie, for a user who has just proved the password."""
        until = int((self._clock.now() + LASTS).timestamp())
        text: str = self._serializer.dumps([user.name, fingerprint(user.password_hash), back, until])
        return text

    def from_cookie(self, cookie: str | None) -> PendingLogin | None:
        """What the cookie says; None when it is missing, forged or over."""
        if not cookie:
            return None
        try:
            user, password, back, until = self._serializer.loads(cookie)
        except (BadSignature, ValueError):
            return None
        if self._clock.now().timestamp() >= until:
            return None
        return PendingLogin(user=user, password=password, back=back)

    def is_of(self, pending: PendingLogin, user: User) -> bool:
        """Whether the user still has the password that was proved."""
        return user.name == pending.user and fingerprint(user.password_hash) == pending.password
