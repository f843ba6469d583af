# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sliding login sessions as signed cookies with an absolute limit, and the anti-forgery tokens of forms.

A session lasts `hours` from the login and is extended while somebody uses the console or watches the alarm board, up to
`longest_hours` after the login. Then the password is asked for again. That a session was ended before its time, or that
nobody has used it for long, is kept in the database (anpr.store.users.sessions) and looked up with each request.
"""

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from anpr.runtime.clock import Clock

_TOKEN_BYTES = hashlib.sha256().digest_size
_FIELDS = {"user": str, "key": str, "started_at": int, "ends_at": int, "password": str}


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """What the cookie says: who, from when until when (UTC, s since 1970), and under which password.

    `password` is a short fingerprint of the stored hash, so that a new password ends every older session.
    """

    user: str
    key: str
    started_at: int
    ends_at: int
    password: str


class Sessions:
    """Makes and reads sessions. Expiry is judged here, whatever the browser does with its cookie."""

    def __init__(self, secret: str, hours: float, longest_hours: float, clock: Clock) -> None:
        self._serializer = URLSafeSerializer(secret, salt="anpr-session")
        self._form_key = hashlib.sha256(b"anpr-form" + secret.encode()).digest()
        self._lifetime = timedelta(hours=hours)
        self._longest = max(self._lifetime, timedelta(hours=longest_hours))
        self._clock = clock

    @property
    def lifetime_s(self) -> int:
        """Seconds that a session lasts when nothing extends it."""
        return int(self._lifetime.total_seconds())

    @property
    def cookie_s(self) -> int:
        """Seconds that a browser keeps the cookie: a day longer than it can be valid, so that the login page can say
        that a session has ended."""
        return int((self._longest + timedelta(days=1)).total_seconds())

    def start(
        self, user: str, password_hash: str, *, key: str | None = None, lifetime: timedelta | None = None
    ) -> Session:
        """A new session for a user who has just proved who they are.

        `key`: that of the session which it continues, whose forms stay valid. `lifetime`: another one than usual.
        """
        now = self._clock.now()
        return Session(
            user=user,
            key=key or secrets.token_urlsafe(16),
            started_at=_seconds(now),
            ends_at=_seconds(now + (lifetime or self._lifetime)),
            password=fingerprint(password_hash),
        )

    def extend(self, session: Session) -> Session:
        """The same session, lasting from now on; never longer than the absolute limit allows."""
        ends_at = min(_seconds(self._clock.now() + self._lifetime), self._last_end(session))
        return replace(session, ends_at=max(ends_at, session.ends_at))

    def can_be_extended(self, session: Session) -> bool:
        """Whether it ends before the absolute limit: else only the password helps."""
        return session.ends_at < self._last_end(session)

    def remaining_s(self, session: Session) -> int:
        """Seconds until it ends."""
        return session.ends_at - _seconds(self._clock.now())

    def is_ours(self, cookie: str | None) -> bool:
        """Whether this is the cookie of a session of ours, over or not; not of one that was forged."""
        return self._session_in(cookie) is not None

    def _last_end(self, session: Session) -> int:
        return session.started_at + int(self._longest.total_seconds())

    def to_cookie(self, session: Session) -> str:
        """The signed text of the cookie."""
        text: str = self._serializer.dumps(asdict(session))
        return text

    def from_cookie(self, cookie: str | None) -> Session | None:
        """The session in a cookie; None when it is missing, forged or over."""
        session = self._session_in(cookie)
        return session if session and self.is_open(session) else None

    def _session_in(self, cookie: str | None) -> Session | None:
        if not cookie:
            return None
        try:
            fields = self._serializer.loads(cookie)
        except BadSignature:
            return None
        return Session(**fields) if _is_whole(fields) else None

    def is_open(self, session: Session) -> bool:
        """Whether its time is not over. Whether somebody has ended it is in the database."""
        return _seconds(self._clock.now()) < session.ends_at

    def form_token(self, key: str) -> str:
        """A token that a form must carry to be accepted for the session (or visit) with this key.

        Each call gives another text: the token under a random mask, and the mask. Pages are compressed, and the length
        of a compressed page tells what in it repeats itself (the BREACH attack): a text that is never the same again
        cannot be guessed piece by piece.
        """
        mask = secrets.token_bytes(_TOKEN_BYTES)
        return (mask + _xor(mask, self._bare_token(key))).hex()

    def is_form_token(self, key: str, token: str) -> bool:
        """Whether `token` belongs to this session or visit; takes the same time either way.

        No token belongs to the empty key, which is that of everybody who has neither.
        """
        if not key:
            return False
        try:
            data = bytes.fromhex(token)
        except ValueError:
            return False
        if len(data) != 2 * _TOKEN_BYTES:
            return False
        bare = _xor(data[:_TOKEN_BYTES], data[_TOKEN_BYTES:])
        return hmac.compare_digest(self._bare_token(key), bare)

    def key_of(self, user: str, purpose: bytes) -> bytes:
        """32 bytes that are the same at each login of this user, and that nobody knows who has not logged in as them:
        a browser keeps under it what the user has not sent yet."""
        return hmac.new(self._form_key, purpose + b"\0" + user.encode(), hashlib.sha256).digest()

    def _bare_token(self, key: str) -> bytes:
        return hmac.new(self._form_key, key.encode(), hashlib.sha256).digest()


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def fingerprint(password_hash: str) -> str:
    """12 hex digits that change when the password does and tell nothing about it."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:12]


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _is_whole(fields: object) -> bool:
    return (
        isinstance(fields, dict)
        and fields.keys() == _FIELDS.keys()
        and all(isinstance(fields[name], kind) for name, kind in _FIELDS.items())
    )
