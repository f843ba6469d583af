"""The command `anpr`: one verb per process, wiring only."""

from anpr.cli.main import main

__all__ = ["main"]
