# SPDX-License-Identifier: AGPL-3.0-or-later
"""The key of second factors at the start: made while nobody has one, and never in place of a lost one."""

from pathlib import Path

import pytest

from anpr.console.auth.factor_key import open_second_factor
from anpr.domain.errors import SettingsError

FILE = "second-factor-key"


def sealed_under(folder: Path, *users: str) -> dict[str, bytes]:
    factor = open_second_factor(folder, "anpr", {})
    return {user: factor.seal(user, factor.make_secret()) for user in users}


def test_it_is_made_while_nobody_has_a_second_factor_and_found_again(tmp_path: Path) -> None:
    in_use = sealed_under(tmp_path, "anna", "ugo")
    factor = open_second_factor(tmp_path, "anpr", in_use)
    assert len(factor.unseal("anna", in_use["anna"])) == 32


def test_a_lost_one_is_not_made_anew(tmp_path: Path) -> None:
    in_use = sealed_under(tmp_path, "anna", "ugo")
    (tmp_path / FILE).unlink()
    with pytest.raises(SettingsError, match=rf"{FILE}: missing; .* \(2\); .*reset-second-factor --all"):
        open_second_factor(tmp_path, "anpr", in_use)
    assert not (tmp_path / FILE).exists()


def test_one_that_reads_none_is_refused_and_one_that_reads_some_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lost = sealed_under(tmp_path / "before", *"abcdefg")
    ours = sealed_under(tmp_path / "now", "anna")
    with pytest.raises(SettingsError, match=r"not the key of the second factors in the database \(7\); bring it back"):
        open_second_factor(tmp_path / "now", "anpr", lost)
    open_second_factor(tmp_path / "now", "anpr", ours | lost)
    assert "not the key of some second factors (7: a, b, c, d, e, …)" in caplog.text
