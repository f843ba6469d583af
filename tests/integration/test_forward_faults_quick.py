# SPDX-License-Identifier: AGPL-3.0-or-later
"""`make forward-faults`, its short form by one way."""

from scripts.reliability.forwarding.run import Plan, run_way


def test_ledger_and_office_agree_after_cuts_kills_and_a_full_disk() -> None:
    figures, problems = run_way("https", Plan(transits=2_500, cuts=3, kills=2, seed=1))
    assert problems == []
    assert (figures["cuts"], figures["kills"], figures["full"]) == (3, 2, 1)
    assert figures["accepted"] + figures["rejected"] == 2_500
