# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sections that name a secret by file or variable, and the secret, read at each use."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from anpr.domain.errors import SettingsError
from anpr.settings.base import Section
from anpr.settings.process import environment_variable
from anpr.settings.secret_file import bare_secret, read_secret_file

VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class SecretOrigin(Section):
    """A section that may name a secret."""

    secret_file: Annotated[str, Field(min_length=1)] | None = None
    """File with the secret; read at each use."""
    secret_env: VariableName | None = None
    """Environment variable that holds it instead; its name must not begin with `ANPR_`."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.secret_file and self.secret_env:
            raise ValueError("needs either secret_file or secret_env, not both")
        return self

    @property
    def has_secret(self) -> bool:
        """Whether one is named."""
        return bool(self.secret_file or self.secret_env)


def secret_of(section: SecretOrigin, key: str) -> str:
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
