# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command `anpr`: one verb per process, wiring only."""

from anpr.cli.main import main

__all__ = ["main"]
