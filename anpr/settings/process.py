# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uses of the environment besides loading settings: that of child processes, and variables named in settings."""

import os
from collections.abc import Collection, Mapping


def child_environment(extra: Mapping[str, str], *, without: Collection[str] = ()) -> dict[str, str]:
    """This process's environment without the variables named, and with `extra` on top."""
    return {name: value for name, value in os.environ.items() if name not in without} | dict(extra)


def environment_variable(name: str) -> str | None:
    """The value of a variable that the settings name, e.g. one that holds a password; None when it is not set."""
    return os.environ.get(name)
