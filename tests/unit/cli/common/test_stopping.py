# SPDX-License-Identifier: AGPL-3.0-or-later
"""SIGINT and SIGTERM ask, they do not break off."""

import os
import signal
from collections.abc import Iterator

import pytest

from anpr.cli.common.stopping import stop_on_signals


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_sets_the_event(number: signal.Signals) -> None:
    stop = stop_on_signals()
    assert not stop.is_set()
    os.kill(os.getpid(), number)
    assert stop.wait(10)


@pytest.mark.timeout(20)
def test_a_signal_that_comes_while_the_event_is_locked_does_not_wait_for_ever() -> None:
    stop = stop_on_signals()
    with stop._cond:  # type: ignore[attr-defined]  # as Event.wait holds it for a moment
        os.kill(os.getpid(), signal.SIGTERM)
        assert not stop.is_set()
    assert stop.wait(10)
