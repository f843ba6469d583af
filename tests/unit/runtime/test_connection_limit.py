# SPDX-License-Identifier: AGPL-3.0-or-later
"""A listening socket that takes so many connections and no more."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from anpr.runtime.connection_limit import ConnectionLimits, LimitedListener


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def listener(stack: ExitStack, limits: ConnectionLimits) -> LimitedListener:
    listening = stack.enter_context(LimitedListener(socket.AF_INET, limits, "console"))
    listening.bind(("127.0.0.1", 0))
    listening.listen(50)
    return listening


def connect(stack: ExitStack, listening: LimitedListener, source: str = "127.0.0.1") -> socket.socket:
    return stack.enter_context(socket.create_connection(listening.getsockname(), 20, (source, 0)))


def test_one_over_the_limit_of_its_address_is_closed_and_others_are_served(stack: ExitStack) -> None:
    listening = listener(stack, ConnectionLimits(in_all=10, per_address=2))
    accepted = []
    for _ in range(2):
        connect(stack, listening)
        accepted.append(stack.enter_context(listening.accept()[0]))
    third = connect(stack, listening)
    with pytest.raises(BlockingIOError):
        listening.accept()
    assert third.recv(1) == b"", "closed at once"
    connect(stack, listening, "127.0.0.2")
    stack.enter_context(listening.accept()[0])
    assert listening.connections == 3
    accepted[0].close()
    accepted[0].close()
    assert listening.connections == 2
    connect(stack, listening)
    stack.enter_context(listening.accept()[0])


def test_the_limit_in_all_holds_also_for_who_is_exempt_from_the_other(stack: ExitStack) -> None:
    listening = listener(stack, ConnectionLimits(in_all=3, per_address=1, is_exempt=lambda _: True))
    for _ in range(3):
        connect(stack, listening)
        stack.enter_context(listening.accept()[0])
    connect(stack, listening)
    with pytest.raises(BlockingIOError):
        listening.accept()
