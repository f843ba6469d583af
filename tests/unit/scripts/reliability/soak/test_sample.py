# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a process has counted."""

from scripts.reliability.soak.sample import counted

METRICS = """# TYPE anpr_frames counter
anpr_frames_total{camera="one"} 7.0
anpr_frames_total{camera="two"} 5.0
# TYPE anpr_drops counter
anpr_drops_total{camera="one",reason="frame-late"} 3.0
anpr_drops_total{camera="one",reason="plate-no-text"} 9.0
# TYPE anpr_transits counter
anpr_transits_total{camera="one"} 2.0
"""


def test_counters_are_summed_over_cameras() -> None:
    counts = counted(METRICS)
    assert (counts["looks"], counts["late"], counts["transits"], counts["reads"]) == (12, 3, 2, 0)
