"""Checks a login in about the same time, whether the user exists or not, and only a few at once."""

import threading

from anpr.store.users.passwords import NOBODY_HASH, verify_password

# argon2 takes 64 MiB and all of a core for each check: this many at once, whatever comes in.
_AT_ONCE = threading.BoundedSemaphore(2)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one of this hash; for no hash (no such user) always false, after equal work."""
    with _AT_ONCE:
        right = verify_password(password_hash or NOBODY_HASH, password)
    return right and password_hash is not None
