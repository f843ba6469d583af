# SPDX-License-Identifier: AGPL-3.0-or-later
"""Codes of the second factor: those of RFC 6238, within one step, and secrets that need the key."""

import base64
import re
from datetime import UTC, datetime, timedelta

import pytest

from anpr.console.auth.second_factor import CODES, STEP_S, SealedSecretError, SecondFactor, qr_svg, step_of

SECRET = base64.b32encode(b"12345678901234567890").decode()
"""That of RFC 6238, appendix B; the codes here are its last six digits."""
FACTOR = SecondFactor("a" * 64, "anpr Comune di Prova")


@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924")])
def test_the_codes_are_those_of_the_standard(at: int, code: str) -> None:
    now = datetime.fromtimestamp(at, UTC)
    assert step_of(SECRET, code, now) == at // STEP_S
    assert step_of(SECRET, f" {code[:3]} {code[3:]} ", now) == at // STEP_S, "as people type it"


def test_a_telephone_may_be_one_step_early_or_late_and_no_more() -> None:
    at = datetime.fromtimestamp(1111111109, UTC)
    found = [step_of(SECRET, "081804", at + timedelta(seconds=STEP_S * steps)) for steps in (-2, -1, 0, 1, 2)]
    step = 1111111109 // STEP_S
    assert found == [None, step, step, step, None]


@pytest.mark.parametrize("code", ["", "1", "abcdef", "08180", "0818044", "è" * 6])
def test_what_is_no_code_is_none(code: str) -> None:
    assert step_of(SECRET, code, datetime.fromtimestamp(1111111109, UTC)) is None


def test_a_stored_secret_opens_for_its_user_and_key_only() -> None:
    secret = FACTOR.make_secret()
    sealed = FACTOR.seal("anna", secret)
    assert secret.encode() not in sealed
    assert FACTOR.unseal("anna", sealed) == secret
    with pytest.raises(SealedSecretError, match="second factor of ugo: data_dir/second-factor-key is not the key"):
        FACTOR.unseal("ugo", sealed)
    with pytest.raises(SealedSecretError, match="anpr user reset-second-factor anna"):
        SecondFactor("b" * 64, "x").unseal("anna", sealed)


def test_recovery_codes_are_ten_and_hold_however_they_are_typed() -> None:
    codes = FACTOR.recovery_codes()
    assert len(set(codes)) == CODES == 10
    assert all(re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", code) for code in codes)
    digest = FACTOR.code_digest("anna", codes[0])
    assert digest == FACTOR.code_digest("anna", f" {codes[0].upper().replace('-', ' ')} ")
    assert digest != FACTOR.code_digest("ugo", codes[0])
    assert digest != SecondFactor("b" * 64, "x").code_digest("anna", codes[0])


def test_the_qr_code_is_an_svg_that_our_policy_lets_through() -> None:
    svg = qr_svg(FACTOR.address("anna", SECRET))
    assert svg.startswith("<svg ")
    assert "style" not in svg
    assert "<script" not in svg
    assert FACTOR.address("anna", SECRET) == (
        f"otpauth://totp/anpr%20Comune%20di%20Prova:anna?secret={SECRET}&issuer=anpr%20Comune%20di%20Prova"
    )
