# SPDX-License-Identifier: AGPL-3.0-or-later
"""One-time password that an administrator hands to a user: random, and kept nowhere but as its hash."""

import secrets
from dataclasses import dataclass, field

from anpr.store.users.passwords import hash_password

_BYTES = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstPassword:
    """The password, to be shown once, and its hash, to be stored."""

    password: str = field(repr=False)
    password_hash: str = field(repr=False)


def make_first_password() -> FirstPassword:
    """A new one of 96 random bits. Takes tens of milliseconds, for the hash."""
    password = secrets.token_urlsafe(_BYTES)
    return FirstPassword(password=password, password_hash=hash_password(password))
