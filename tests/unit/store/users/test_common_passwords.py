# SPDX-License-Identifier: AGPL-3.0-or-later
"""Passwords that are tried first."""

import pytest

from anpr.store.users.common_passwords import is_common


@pytest.mark.parametrize(
    "password",
    [
        "password2026!",
        "P@ssw0rd2026!",
        "Juventus1897!",
        "123456789012",
        "qwertyuiop12",
        "abcabcabcabc1",
        "aaaaaaaaaaaa",
        "Polizia2026!!",
        "comune-2026-2026",
        "Mario.Rossi2026",
        "rossi-12345678",
    ],
)
def test_what_everybody_thinks_of_is_refused(password: str) -> None:
    assert is_common(password, "mario.rossi")


@pytest.mark.parametrize(
    "password",
    ["una parola lunga", "correct horse battery", "la bici blu di Anna", "kX9-vR2-tQ7-mB", "AbGjz3Tq_8Lw0-xY"],
)
def test_phrases_and_random_ones_are_not(password: str) -> None:
    assert not is_common(password, "mario.rossi")
