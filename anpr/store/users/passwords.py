# SPDX-License-Identifier: AGPL-3.0-or-later
"""Password hashes: argon2id (RFC 9106), with the library's own current parameters."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from anpr.domain.errors import InputError

MIN_LENGTH = 12
MAX_LENGTH = 128
"""Of a new one (OWASP ASVS 2.1.2)."""
_MAX_VERIFIED = 256
"""Of one that is tried: earlier versions took longer ones."""
_hasher = PasswordHasher()
# Verified against when the user does not exist, so that the time taken does not tell which names do.
NOBODY_HASH = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The hash to store. Raises InputError for a password that is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InputError(f"password: between {MIN_LENGTH} and {MAX_LENGTH} characters")
    return _hasher.hash(password)


def verify_password(password_hash: str, password: str) -> bool:
    """Whether this is the password. Takes tens of milliseconds and 64 MiB on purpose."""
    if len(password) > _MAX_VERIFIED:
        return False
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with older parameters: hash again at the next login."""
    return _hasher.check_needs_rehash(password_hash)
