# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uses of the environment besides loading settings: that of child processes, and variables named in settings."""

import os
from collections.abc import Mapping


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `extra` on top."""
    return {**os.environ, **extra}


def environment_variable(name: str) -> str | None:
    """The value of a variable that the settings name, e.g. one that holds a password; None when it is not set."""
    return os.environ.get(name)
