# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the benchmarks of the centre share."""

from pathlib import Path

import pytest

from scripts.benchmarks.common import figures_before
from scripts.command import CannotRunError


def test_the_figures_of_another_checkout_are_marked(tmp_path: Path) -> None:
    (tmp_path / "speed.py").write_text("import sys; print('progress'); print('{\"ms\": %s}' % sys.argv[1])")
    assert figures_before(tmp_path, "speed", ["7"]) == {"before_ms": 7}


@pytest.mark.parametrize("script", ['print(\'{"error": "no disk"}\')', "raise SystemExit('no disk')"])
def test_a_checkout_whose_benchmark_does_not_run_is_named(tmp_path: Path, script: str) -> None:
    (tmp_path / "speed.py").write_text(script)
    with pytest.raises(CannotRunError, match=str(tmp_path)):
        figures_before(tmp_path, "speed", [])
