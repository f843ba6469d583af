"""How long to wait before the next try."""

import random

from anpr.transport.backoff import Backoff


def test_it_doubles_up_to_the_most_and_starts_again_when_it_went_well() -> None:
    backoff = Backoff(first_s=1, most_s=8, chance=random.Random(1))
    waits = [backoff.next_s() for _ in range(200)]
    for tries, wait in enumerate(waits):
        assert min(8, 2.0**tries) / 2 <= wait <= min(8, 2.0**tries)
    backoff.reset()
    assert backoff.next_s() <= 1


def test_two_readers_do_not_come_back_in_the_same_moment() -> None:
    first, second = Backoff(chance=random.Random(1)), Backoff(chance=random.Random(2))
    assert [first.next_s() for _ in range(5)] != [second.next_s() for _ in range(5)]
