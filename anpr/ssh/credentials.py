# SPDX-License-Identifier: AGPL-3.0-or-later
"""Credentials of a target: secrets and private keys, from a file or from an environment variable, never from settings.

They are read when a run connects, so that a renewed one counts without a restart.
"""

import codecs
from pathlib import Path

from anpr.domain.errors import ForwardError, SettingsError
from anpr.settings.forwarding.base import LoginSettings
from anpr.settings.process import environment_variable
from anpr.settings.secret_file import bare_secret, read_secret_file


def read_secret(target: LoginSettings, where: str) -> str | None:
    """The password or passphrase without surrounding white space; None when the settings name none.

    Raises ForwardError (permanent) naming the key below `where` when it cannot be read.
    """
    if target.secret_env is not None:
        return bare_secret(_variable(f"{where}.secret_env", target.secret_env))
    if target.secret_file is None:
        return None
    key = f"{where}.secret_file"
    try:
        return read_secret_file(Path(target.secret_file))
    except SettingsError as exc:
        raise ForwardError(f"{key}: {exc}", permanent=True) from exc


def read_key(target: LoginSettings, where: str) -> tuple[str, bytes] | None:
    """The private key as (where it is from, for errors; its bytes); None when the settings name none.

    Raises ForwardError (permanent) like `read_secret`.
    """
    if target.key_env is not None:
        key = f"{where}.key_env"
        return f"{key}: {target.key_env}", bare_secret(_variable(key, target.key_env)).encode() + b"\n"
    if target.key_file is None:
        return None
    key = f"{where}.key_file"
    return f"{key}: {target.key_file}", _file(key, target.key_file)


def _file(key: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as exc:
        raise ForwardError(f"{key}: {path}: {exc.strerror or exc}", permanent=True) from exc


def _variable(key: str, name: str) -> str:
    value = environment_variable(name)
    if not value:
        raise ForwardError(f"{key}: the environment variable {name} is not set", permanent=True)
    return value
