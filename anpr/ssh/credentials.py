# SPDX-License-Identifier: AGPL-3.0-or-later
"""Credentials of a target: secrets and private keys, from a file or from an environment variable, never from settings.

They are read when a run connects, so that a renewed one counts without a restart.
"""

import codecs
from pathlib import Path

from anpr.domain.errors import ForwardError, SettingsError
from anpr.settings.forwarding.base import LoginSettings, SecretSettings
from anpr.settings.process import environment_variable
from anpr.settings.secret_file import bare_secret, read_secret_file


def read_secret(target: SecretSettings, where: str) -> str | None:
    """The password or passphrase without surrounding white space; None when the settings name none.

    Raises ForwardError (permanent) naming the key below `where` when it cannot be read.
    """
    return _secret(f"{where}.secret", target.secret_file, target.secret_env)


def read_password(target: LoginSettings, where: str) -> str | None:
    """The password that goes with a key; None when the settings name none. Raises ForwardError like `read_secret`."""
    return _secret(f"{where}.password", target.password_file, target.password_env)


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


def _secret(key: str, file: str | None, variable: str | None) -> str | None:
    """From the one of the two that is named; `key` is their name without its end."""
    if variable is not None:
        return bare_secret(_variable(f"{key}_env", variable))
    if file is None:
        return None
    try:
        return read_secret_file(Path(file))
    except SettingsError as exc:
        raise ForwardError(f"{key}_file: {exc}", permanent=True) from exc


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
