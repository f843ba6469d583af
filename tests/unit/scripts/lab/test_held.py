# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a process holds."""

import os

from scripts.lab.held import held_by


def test_this_process_holds_something() -> None:
    rss_kb, threads, descriptors = held_by(os.getpid())
    assert rss_kb > 10_000
    assert threads >= 1
    with open(os.devnull, encoding="utf-8"):
        assert held_by(os.getpid())[2] == descriptors + 1
