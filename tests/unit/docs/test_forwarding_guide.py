# SPDX-License-Identifier: AGPL-3.0-or-later
"""docs/guida-inoltro.md stays true to the commands, the settings, the profile's keys and the conformance report."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from anpr.forward.conformance.outcome import CaseVerdict
from anpr.forward.conformance.words import VERDICTS
from anpr.forward.profile.image_rule import ImageRule
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sections import Status
from anpr.settings import DestinationSettings
from tests.unit.docs.test_admin_guide import commands_in, unknown_in

PAGE = "docs/guida-inoltro.md"


@pytest.fixture(scope="module")
def guide(repository: Path) -> str:
    return (repository / PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def parts(guide: str) -> list[dict[str, Any]]:
    return [yaml.safe_load(part) for part in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)]


def test_every_command_is_there(guide: str) -> None:
    found = commands_in(guide)
    assert len(found) > 10
    assert [words for words in found if unknown_in(words) is not None] == []


def test_its_settings_and_parts_of_profiles_are_valid(parts: list[dict[str, Any]]) -> None:
    seen = {name for part in parts for name in part}
    assert seen == {"status", "images", "forwarding"}
    for part in parts:
        for rule in part.get("images", ()):
            assert ImageRule.model_validate(rule, strict=False).too_large == "recompress"
        for each in part.get("forwarding", ()):
            assert DestinationSettings.model_validate(each).target.kind == "https"
    stages = [Status.model_validate(part["status"], strict=False).stage for part in parts if "status" in part]
    assert stages == ["site-supplied", "tested"]


def test_every_key_that_the_letter_asks_for_is_one(guide: str) -> None:
    named = set(re.findall(r"profilo: `(\w+)`, `(\w+)`, `(\w+)`", guide)[0])
    assert named <= set(Profile.model_fields)


def test_every_verdict_is_explained(guide: str) -> None:
    assert [word for word in VERDICTS.values() if f"| {word} |" not in guide] == []
    assert set(VERDICTS) == set(CaseVerdict)
