# SPDX-License-Identifier: AGPL-3.0-or-later
"""The proof of "discard unless it hits" in short: a real Kafka, twenty hits of two thousand, every file searched."""

from pathlib import Path

import pytest

from scripts.benchmarks.centre.discard import Passages, run
from scripts.benchmarks.common import CLOCK


@pytest.mark.kafka
@pytest.mark.timeout(900)
def test_nothing_stays_of_what_matched_no_list(tmp_path: Path) -> None:
    passages = Passages(number=2_000, end=CLOCK.now())
    figures, problems, _ = run(tmp_path, passages, processes=1)
    assert problems == []
    assert figures["keep_all"]["traces"]["database"] == 1_980, "the search finds what is there"
    assert figures["keep_hits"]["traces"] == {"database": 0, "images": 0, "logs": 0}
    assert figures["outbox_traces"] == 0
    assert (figures["keep_hits"]["transits"], figures["keep_hits"]["discarded"]) == (20, 1_980)
