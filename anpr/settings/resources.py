# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files that come with the program: model weights and example configuration."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resource_path(*parts: str) -> Path:
    """The path of a shipped file or folder, e.g. `resource_path("models", "plate_detector.json")`.

    In a checkout it lies beside the package; in an installed wheel, inside it.
    """
    installed = _PACKAGE / "_data"
    return (installed if installed.is_dir() else _PACKAGE.parent).joinpath(*parts)
