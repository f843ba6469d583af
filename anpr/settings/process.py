"""The environment that child processes get: the only other use of it besides loading settings."""

import os
from collections.abc import Mapping


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `extra` on top."""
    return {**os.environ, **extra}
