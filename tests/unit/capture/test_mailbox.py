# SPDX-License-Identifier: AGPL-3.0-or-later
"""Newest wins, or nothing is lost."""

import threading

from anpr.capture.mailbox import Mailbox

LONG_S = 10.0


def test_the_newest_wins_and_says_what_it_replaced() -> None:
    box: Mailbox[int] = Mailbox(newest_wins=True)
    assert [box.put(number) for number in (1, 2, 3)] == [0, 1, 1]
    assert box.take(0) == 3
    assert box.take(0) is None
    assert box.put(4) == 0


def test_who_waits_for_an_item_leaves_it_there() -> None:
    box: Mailbox[int] = Mailbox(newest_wins=True)
    assert not box.wait(0)
    box.put(1)
    assert box.wait(LONG_S)
    assert box.put(2) == 1
    assert box.take(0) == 2
    box.close()
    assert not box.wait(LONG_S)


def test_a_lossless_box_makes_its_giver_wait() -> None:
    box: Mailbox[int] = Mailbox(newest_wins=False)
    lost: list[int] = []
    giver = threading.Thread(target=lambda: lost.extend(box.put(number) for number in range(5)), daemon=True)
    giver.start()
    assert [box.take(LONG_S) for _ in range(5)] == [0, 1, 2, 3, 4]
    giver.join(LONG_S)
    assert lost == [0, 0, 0, 0, 0]


def test_closing_frees_who_waits_and_keeps_what_is_there() -> None:
    box: Mailbox[int] = Mailbox(newest_wins=False)
    box.put(1)
    giver = threading.Thread(target=box.put, args=(2,), daemon=True)
    giver.start()
    box.close()
    giver.join(LONG_S)
    assert not giver.is_alive()
    assert box.take(LONG_S) == 1
    assert box.take(LONG_S) is None
    assert box.is_empty
