# SPDX-License-Identifier: AGPL-3.0-or-later
"""The key that signs cookies."""

import stat
from pathlib import Path

import pytest

from anpr.console.auth.secret_key import load_factor_key, load_secret
from anpr.domain.errors import SettingsError


def test_it_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    secret = load_secret(folder)
    assert len(secret) == 64
    assert stat.S_IMODE((folder / "console-secret").stat().st_mode) == 0o600
    assert load_secret(folder) == secret
    assert [path.name for path in folder.iterdir()] == ["console-secret"], "no draft is left"
    assert load_secret(tmp_path / "other") != secret


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_secret(tmp_path)
    (tmp_path / "console-secret").chmod(0o640)
    with pytest.raises(SettingsError, match="console-secret: others may read"):
        load_secret(tmp_path)


def test_an_empty_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "console-secret"
    path.touch(mode=0o600)
    with pytest.raises(SettingsError, match="not a key of ours"):
        load_secret(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="ascii")
    with pytest.raises(SettingsError, match="console-secret: "):
        load_secret(tmp_path / "file" / "data")


def test_the_key_of_second_factors_outlives_the_one_that_signs_cookies(tmp_path: Path) -> None:
    secret, factor = load_secret(tmp_path), load_factor_key(tmp_path)
    (tmp_path / "console-secret").unlink()
    assert load_secret(tmp_path) != secret
    assert load_factor_key(tmp_path) == factor != secret
    (tmp_path / "second-factor-key").chmod(0o644)
    with pytest.raises(SettingsError, match=r"second-factor-key: .* \(every second factor must then"):
        load_factor_key(tmp_path)
