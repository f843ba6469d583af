# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clock, figures and timing that the benchmarks of the centre share."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from anpr.runtime.clock import SystemClock
from scripts.command import CannotRunError
from scripts.lab.processes import python

CLOCK = SystemClock()
Figures = dict[str, float | int | list[int] | dict[str, dict[str, float]]]
"""Measurements by their key in the line of JSON."""


def timed(work: Callable[[], object]) -> float:
    """Run `work`; the seconds it took."""
    began = CLOCK.monotonic()
    work()
    return CLOCK.monotonic() - began


def figures_before(checkout: Path, module: str, options: Sequence[str]) -> Figures:
    """The figures of a benchmark as another checkout has it, run there; each key begins with `before_`.

    Raises CannotRunError when that benchmark could not run.
    """
    ended = subprocess.run(python("-m", module, *options), cwd=checkout, stdout=subprocess.PIPE, text=True, check=False)
    figures = json.loads((ended.stdout.splitlines() or ["{}"])[-1])
    if "error" in figures or not figures:
        raise CannotRunError(f"{checkout}: {module}: {figures.get('error', f'status {ended.returncode}')}")
    return {f"before_{key}": value for key, value in figures.items()}
