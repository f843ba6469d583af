# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secrets and keys are read from a file or a variable; what cannot be read is named by its key, without its value."""

from pathlib import Path

import pytest

from anpr.domain.errors import ForwardError
from anpr.settings import SftpTarget
from anpr.ssh.credentials import read_key, read_secret

WHERE = "forwarding.questura.target"


def target(**keys: str) -> SftpTarget:
    login = {"kind": "sftp", "host": "h", "user": "u", "known_hosts_file": "known_hosts"}
    return SftpTarget.model_validate({**login, **keys})


def test_a_secret_comes_from_its_file_or_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(" s3greto è\n", encoding="utf-8")
    monkeypatch.setenv("QUESTURA_SECRET", "hunter2\n")
    assert read_secret(target(secret_file=str(tmp_path / "secret")), WHERE) == "s3greto è"
    assert read_secret(target(secret_env="QUESTURA_SECRET"), WHERE) == "hunter2"
    assert read_secret(target(key_file="key"), WHERE) is None


def test_a_byte_order_mark_is_no_part_of_a_secret_or_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in (("secret", "segreto\r\n"), ("key", "KEY\n")):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + content.encode())
        monkeypatch.setenv(f"QUESTURA_{name.upper()}", "\ufeff" + content)
    assert read_secret(target(secret_file=str(tmp_path / "secret")), WHERE) == "segreto"
    assert read_secret(target(secret_env="QUESTURA_SECRET"), WHERE) == "segreto"
    for key in (target(key_file=str(tmp_path / "key")), target(key_env="QUESTURA_KEY")):
        assert (read_key(key, WHERE) or ("", b""))[1] == b"KEY\n"


def test_a_key_comes_from_its_file_or_its_variable_with_the_place_it_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"KEY\n")
    monkeypatch.setenv("QUESTURA_KEY", "KEY\n")
    assert read_key(target(key_file=str(key)), WHERE) == (f"{WHERE}.key_file: {key}", b"KEY\n")
    assert read_key(target(key_env="QUESTURA_KEY"), WHERE) == (f"{WHERE}.key_env: QUESTURA_KEY", b"KEY\n")
    assert read_key(target(secret_file="secret"), WHERE) is None


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"secret_file": "none"}, f"{WHERE}.secret_file: none: No such file or directory"),
        ({"secret_file": "binary"}, f"{WHERE}.secret_file: binary: not a UTF-8 text file"),
        ({"secret_env": "NOT_SET"}, f"{WHERE}.secret_env: the environment variable NOT_SET is not set"),
        ({"key_file": "none"}, f"{WHERE}.key_file: none: No such file or directory"),
        ({"key_env": "NOT_SET"}, f"{WHERE}.key_env: the environment variable NOT_SET is not set"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: dict[str, str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOT_SET", raising=False)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    read = read_key if any(key.startswith("key") for key in keys) else read_secret
    with pytest.raises(ForwardError) as caught:
        read(target(**keys), WHERE)
    assert str(caught.value) == told
    assert caught.value.permanent
