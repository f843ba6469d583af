# SPDX-License-Identifier: AGPL-3.0-or-later
"""The chaos test's sender takes the place of the reader's loop."""

import inspect
from functools import partial

from anpr.reader.run import run_reader
from scripts.reliability.chaos.sender import SenderOptions, run


def test_it_can_be_called_as_the_loop_that_it_replaces() -> None:
    options = SenderOptions(seed=1, start="2026-11-21T10:00:00+00:00", first=0, rate=1.0, quota=1)
    replaced = list(inspect.signature(run_reader).parameters.values())
    instead = list(inspect.signature(partial(run, options)).parameters.values())
    assert [(each.name, each.default) for each in instead] == [(each.name, each.default) for each in replaced]
