# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secrets of channels, read at each use from the file or variable that the settings name."""

from pathlib import Path
from typing import Protocol

from anpr.domain.errors import SettingsError
from anpr.settings.process import environment_variable
from anpr.settings.secret_file import bare_secret, read_secret_file


class NamesSecret(Protocol):
    """A section of the settings that names a secret."""

    @property
    def secret_file(self) -> str | None:
        """Path of the file."""

    @property
    def secret_env(self) -> str | None:
        """Name of the variable."""


def secret_of(section: NamesSecret, key: str) -> str:
    """The secret that the section names; `key` is the section's own. Raises SettingsError, which never shows it."""
    if section.secret_env is not None:
        value = bare_secret(environment_variable(section.secret_env) or "")
        if not value:
            raise SettingsError(f"{key}.secret_env: the environment variable {section.secret_env} is not set")
        return value
    if section.secret_file is None:
        raise SettingsError(f"{key}: no secret is named")
    try:
        return read_secret_file(Path(section.secret_file))
    except SettingsError as exc:
        raise SettingsError(f"{key}.secret_file: {exc}") from exc
