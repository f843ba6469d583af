# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login sessions as signed cookies, and the anti-forgery tokens that tie a form to its session."""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from anpr.runtime.clock import Clock

_MAX_ENDED = 10_000
_FIELDS = {"user": str, "key": str, "ends_at": int, "password": str}


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """What the cookie says: who, until when (UTC, s since 1970), and under which password.

    `password` is a short fingerprint of the stored hash, so that a new password ends every older session.
    """

    user: str
    key: str
    ends_at: int
    password: str


class Sessions:
    """Makes, reads and ends sessions. Expiry is judged here, whatever the browser does with its cookie."""

    def __init__(self, secret: str, hours: float, clock: Clock) -> None:
        self._serializer = URLSafeSerializer(secret, salt="anpr-session")
        self._form_key = hashlib.sha256(b"anpr-form" + secret.encode()).digest()
        self._lifetime = timedelta(hours=hours)
        self._clock = clock
        # Logged out before their end. Bounded: the oldest are forgotten, and are the first to expire anyway.
        self._ended: OrderedDict[str, int] = OrderedDict()

    @property
    def lifetime_s(self) -> int:
        """Seconds that a login lasts."""
        return int(self._lifetime.total_seconds())

    def start(self, user: str, password_hash: str) -> Session:
        """A new session for a user who has just proved who they are."""
        ends_at = self._clock.now() + self._lifetime
        return Session(
            user=user,
            key=secrets.token_urlsafe(16),
            ends_at=_seconds(ends_at),
            password=fingerprint(password_hash),
        )

    def to_cookie(self, session: Session) -> str:
        """The signed text of the cookie."""
        text: str = self._serializer.dumps(asdict(session))
        return text

    def from_cookie(self, cookie: str | None) -> Session | None:
        """The session in a cookie; None when it is missing, forged, over, or was ended."""
        if not cookie:
            return None
        try:
            fields = self._serializer.loads(cookie)
        except BadSignature:
            return None
        session = Session(**fields) if _is_whole(fields) else None
        return session if session and self.is_open(session) else None

    def is_open(self, session: Session) -> bool:
        """Whether it is neither over nor ended by logging out."""
        return _seconds(self._clock.now()) < session.ends_at and session.key not in self._ended

    def end(self, session: Session) -> None:
        """Log out: its cookie is refused from now on by this process."""
        self._ended[session.key] = session.ends_at
        while len(self._ended) > _MAX_ENDED:
            self._ended.popitem(last=False)

    def form_token(self, key: str) -> str:
        """The token that a form must carry to be accepted for the session (or visit) with this key."""
        return hmac.new(self._form_key, key.encode(), hashlib.sha256).hexdigest()

    def is_form_token(self, key: str, token: str) -> bool:
        """Whether `token` belongs to this session or visit; takes the same time either way."""
        return hmac.compare_digest(self.form_token(key).encode(), token.encode("utf-8", "replace"))


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
