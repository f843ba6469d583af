# SPDX-License-Identifier: AGPL-3.0-or-later
"""docs/forwarding.md and the JSON Schema beside it say what the code says."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import BATCH_SOURCES, TRANSIT_SOURCES
from anpr.settings.forwarding.targets import TRANSPORT_KINDS
from tests.unit.forward.profile.profiles import tree


@pytest.fixture(scope="module")
def schema(repository: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((repository / "docs" / "forwarding-profile.schema.json").read_text("utf-8"))
    return found


def test_the_schema_is_current(schema: dict[str, object]) -> None:
    assert schema == Profile.model_json_schema(by_alias=True), "run: anpr forward schema > docs/forwarding-…"


def test_the_shipped_profile_follows_the_schema(schema: dict[str, object], repository: Path) -> None:
    text = (repository / "config" / "forwarding" / "scntt-example.yaml").read_text("utf-8")
    jsonschema.validate(yaml.safe_load(text), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tree(colour="red"), schema)


def test_every_source_and_key_is_explained(repository: Path) -> None:
    text = (repository / "docs" / "forwarding.md").read_text("utf-8")
    keys = {field.alias or name for name, field in Profile.model_fields.items()} - {"description"}
    assert [name for name in (*TRANSIT_SOURCES, *BATCH_SOURCES, *keys) if f"`{name}`" not in text] == []


def test_every_transport_is_explained(repository: Path) -> None:
    text = (repository / "docs" / "forwarding.md").read_text("utf-8")
    assert [kind for kind in TRANSPORT_KINDS if f"| `{kind}` |" not in text] == []
