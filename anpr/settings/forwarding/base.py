# SPDX-License-Identifier: AGPL-3.0-or-later
"""Base classes of a destination's `target`: what every kind has, and the keys of those that log in."""

from abc import abstractmethod

from pydantic import model_validator

from anpr.settings.base import Section
from anpr.settings.secret_origin import VariableName


class TargetSettings(Section):
    """Where a destination's files go. A subclass narrows `kind` to a Literal with one value, its transport's name."""

    kind: str

    @property
    @abstractmethod
    def address(self) -> str:
        """The place as one line without secrets, for the audit and for messages."""


class SecretSettings(TargetSettings):
    """A target that one logs in to with a secret, which is read when a run connects."""

    secret_file: str | None = None
    """File with the password."""
    secret_env: VariableName | None = None
    """Environment variable that holds it instead; its name must not begin with `ANPR_`."""

    @model_validator(mode="after")
    def _one_origin(self) -> "SecretSettings":
        if self.secret_file and self.secret_env:
            raise ValueError("needs either secret_file or secret_env, not both")
        return self

    @property
    def has_secret(self) -> bool:
        """Whether a password or passphrase is named."""
        return bool(self.secret_file or self.secret_env)


class LoginSettings(SecretSettings):
    """A target that one logs in to, with a secret, a private key, or both. Each is read when a run connects."""

    secret_file: str | None = None
    """File with the password; with a key, the passphrase of that key."""
    key_file: str | None = None
    """File with the private key, in OpenSSH or PEM form."""
    key_env: VariableName | None = None
    """Environment variable that holds the private key's text instead; its name must not begin with `ANPR_`."""
    password_file: str | None = None
    """File with the password that the server asks for besides the key."""
    password_env: VariableName | None = None
    """Environment variable that holds that password instead; its name must not begin with `ANPR_`."""

    @model_validator(mode="after")
    def _one_origin_each(self) -> "LoginSettings":
        if self.key_file and self.key_env:
            raise ValueError("needs either key_file or key_env, not both")
        if self.password_file and self.password_env:
            raise ValueError("needs either password_file or password_env, not both")
        if (self.password_file or self.password_env) and not self.has_key:
            raise ValueError("a password beside a key needs the key; without one it belongs into secret_file")
        return self

    @property
    def has_key(self) -> bool:
        """Whether a private key is named."""
        return bool(self.key_file or self.key_env)
