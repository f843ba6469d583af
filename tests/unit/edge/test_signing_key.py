# SPDX-License-Identifier: AGPL-3.0-or-later
"""The file with a reader's private key."""

import stat
from pathlib import Path

import pytest

from anpr.domain.errors import InputError, SettingsError
from anpr.edge.signing_key import key_of, make_key, read_key
from anpr.settings import ReaderSettings, Settings


def test_a_key_is_for_its_user_only_and_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "reader.key"
    key = make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key(path).public == key.public


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    key = make_key(tmp_path / "k")
    with pytest.raises(InputError, match="a key is there already"):
        make_key(tmp_path / "k")
    assert read_key(tmp_path / "k").public == key.public


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    make_key(tmp_path / "k")
    (tmp_path / "k").chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_key(tmp_path / "k")


def test_what_is_no_key_names_the_setting_and_the_file_and_not_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "k"
    path.write_text("secret words")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match=r"reader\.key_file: .*expected an Ed25519") as caught:
        read_key(path)
    assert "secret" not in str(caught.value)


def test_a_reader_without_a_key_does_not_sign_unless_the_settings_name_one(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert key_of(settings) is None
    key = make_key(settings.signing_key_path)
    assert (found := key_of(settings)) is not None
    assert found.public == key.public
    named = Settings(data_dir=tmp_path, reader=ReaderSettings(key_file=str(tmp_path / "gone")))
    with pytest.raises(SettingsError, match="gone: No such file"):
        key_of(named)
