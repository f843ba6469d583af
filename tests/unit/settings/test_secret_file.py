# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secrets in files as editors leave them."""

from pathlib import Path

import pytest

from anpr.domain.errors import SettingsError
from anpr.settings.secret_file import bare_secret, read_secret_file, read_text_file


@pytest.mark.parametrize("content", [b"segreto", b"segreto\r\n", b"\xef\xbb\xbfsegreto\r\n", b" segreto \n\n"])
def test_mark_and_white_space_are_no_part_of_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pw"
    path.write_bytes(content)
    assert read_secret_file(path) == "segreto"
    assert bare_secret(content.decode("utf-8")) == "segreto"


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "empty"), (b"\xef\xbb\xbf\r\n", "empty"), (b"\xff\xfeS", "not a UTF-8 text file")]
)
def test_a_file_that_holds_none_is_named_without_its_content(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "pw"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        read_secret_file(path)
    assert str(caught.value) == f"{path}: {told}"
    assert caught.value.__cause__ is None


def test_a_text_beside_the_settings_keeps_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(b"\xef\xbb\xbfhost ssh-ed25519 AAAA\n")
    assert read_text_file(path) == "host ssh-ed25519 AAAA\n"
