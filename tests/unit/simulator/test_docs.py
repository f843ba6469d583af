# SPDX-License-Identifier: AGPL-3.0-or-later
"""docs/simulator.md names every key of a behaviour, every port and every option."""

from pathlib import Path

from anpr.simulator.behaviour import AnswerRule, Behaviour, read_behaviour
from anpr.simulator.places import PORTS


def test_every_key_and_port_is_named(repository: Path) -> None:
    page = (repository / "docs" / "simulator.md").read_text(encoding="utf-8")
    keys = [*Behaviour.model_fields, *AnswerRule.model_fields]
    assert [key for key in keys if f"`{key}" not in page] == []
    assert [port for port in PORTS.values() if str(port) not in page] == []


def test_the_example_is_a_behaviour(repository: Path, tmp_path: Path) -> None:
    page = (repository / "docs" / "simulator.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "behaviour.yaml").write_text(example, encoding="utf-8")
    assert len(read_behaviour(tmp_path / "behaviour.yaml").rules) == 3
