# SPDX-License-Identifier: AGPL-3.0-or-later
"""Passwords as hashes."""

import pytest

from anpr.domain.errors import InputError
from anpr.store.users.passwords import NOBODY_HASH, hash_password, needs_rehash, verify_password


def test_only_the_password_itself_is_accepted() -> None:
    hashed = hash_password("correct horse battery")
    assert hashed.startswith("$argon2id$")
    assert "horse" not in hashed
    assert verify_password(hashed, "correct horse battery")
    assert not verify_password(hashed, "correct horse batterY")
    assert not verify_password(hashed, "")
    assert not verify_password(NOBODY_HASH, "correct horse battery")
    assert not needs_rehash(hashed)


def test_the_same_password_is_hashed_with_another_salt_each_time() -> None:
    assert hash_password("correct horse battery") != hash_password("correct horse battery")


def test_what_is_no_hash_is_refused_quietly() -> None:
    assert not verify_password("plain text", "plain text")


@pytest.mark.parametrize("password", ["short", "x" * 129])
def test_passwords_too_short_or_too_long_are_refused(password: str) -> None:
    with pytest.raises(InputError, match="between 12 and 128"):
        hash_password(password)
    assert not verify_password(NOBODY_HASH, password)
