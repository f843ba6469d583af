# SPDX-License-Identifier: AGPL-3.0-or-later
"""The chaos driver's short form: everything killed and cut off for some seconds, and nothing lost or doubled."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.lab.jars import ServerUnavailableError
from scripts.lab.kafka import ensure_jars

# A minute on a quiet machine; on a busy one the broker alone takes half of that to start again.
LIMIT_S = 1600


@pytest.mark.kafka
@pytest.mark.timeout(LIMIT_S + 20)
def test_a_few_rounds_of_chaos_lose_and_double_nothing(repository: Path) -> None:
    try:
        ensure_jars()
    except ServerUnavailableError as exc:
        pytest.skip(str(exc))
    done = subprocess.run(
        [sys.executable, "scripts/reliability/chaos/run.py", "--quick", "--seed", "20"],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    names = ("lost", "doubled", "images_lost", "images_doubled", "alarms_lost", "alarms_doubled", "ledger_wrong")
    nothing = dict.fromkeys((*names, "metrics_wrong", "stuck"), 0)
    assert {name: figures[name] for name in nothing} == nothing
    assert figures["sent"] == figures["stored"] == figures["ledger"] > 0
    assert figures["ledger"] == sum(figures[f"ledger_{state}"] for state in ("accepted", "rejected", "expired"))
    assert 0 < figures["metrics_counted"] <= figures["metrics_true"]
    assert figures["images_sent"] == figures["images_stored"] + figures["images_dropped"]
    assert figures["garbage"] == figures["dead_letters"] + figures["garbage_set_aside"]
    assert figures["dead_letters"] > 0
    assert figures["disks"] in (0, 2), "0 where this user may not mount one"
    assert figures["alarms"] > 0
    assert figures["rounds"] > 0
