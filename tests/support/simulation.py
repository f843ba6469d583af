# SPDX-License-Identifier: AGPL-3.0-or-later
"""A simulated centre on free ports, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anpr.runtime.clock import SystemClock
from anpr.simulator.behaviour import Behaviour
from anpr.simulator.centre import SimulatedCentre
from anpr.simulator.places import PORTS
from anpr.simulator.run import CentreOptions, simulated_centre


@contextmanager
def running_centre(folder: Path, **changes: Any) -> Iterator[SimulatedCentre]:
    """All protocols, unless `changes` of the options say otherwise."""
    options = CentreOptions(folder=folder / "simulator", **{"ports": dict.fromkeys(PORTS, 0), **changes})
    with simulated_centre(options, SystemClock()) as centre:
        yield centre


def behave(centre: SimulatedCentre, count: int | None = None, **values: Any) -> None:
    """From now on, or for the next files, the office answers like this."""
    centre.office.decisions.order(Behaviour.model_validate(values), count)


def forget(centre: SimulatedCentre) -> None:
    """The office answers as on a good day, and nothing has come."""
    behave(centre)
    centre.office.journal.clear()
    for path in centre.office.files.inbox.iterdir():
        if path.is_file():
            path.unlink()
