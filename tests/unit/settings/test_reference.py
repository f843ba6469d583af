# SPDX-License-Identifier: AGPL-3.0-or-later
"""docs/configuration.md says what the code says."""

import re
from pathlib import Path

from anpr.settings.reference import configuration_reference


def test_reference_is_current(repository: Path) -> None:
    written = (repository / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == configuration_reference(), "run make docs"


def test_every_setting_says_what_it_means() -> None:
    rows = re.findall(r"^\| `([^`]+)` .* \| ([^|]*) \|$", configuration_reference(), re.MULTILINE)
    assert len(rows) > 40
    assert [key for key, meaning in rows if not meaning.strip()] == []


def test_the_keys_of_each_kind_of_target_are_listed_once_and_the_kind_before_them() -> None:
    rows = [row.split(" | ")[0].strip("| `") for row in configuration_reference().splitlines() if ".target." in row]
    assert rows[:2] == ["forwarding[].target.kind", "forwarding[].target.path"]
    assert rows.count("forwarding[].target.kind") == 1
    assert "With `sftp`: Host keys" in configuration_reference()
