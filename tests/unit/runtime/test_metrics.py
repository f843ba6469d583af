# SPDX-License-Identifier: AGPL-3.0-or-later
"""The names of metrics are closed: documented, used, and the only ones that dashboard and alerts name."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.docs.metrics_reference import described, metrics_reference

KNOWN = {name: (kind, set(labels)) for name, kind, _, labels in described()}
PROMETHEUS_OWN = {"up"}
PROMETHEUS_LABELS = {"instance", "job", "le"}
_NAME = re.compile(r"\b(anpr_[a-z_]+|up)\b(?=[\s{\[)=><!]|$)")
_LABELS = re.compile(r"\{([^{}]*)\}|\bby \(([^)]*)\)")


def rules(repository: Path) -> list[dict[str, Any]]:
    text = (repository / "config" / "prometheus" / "rules.yml").read_text(encoding="utf-8")
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def dashboard(repository: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((repository / "config" / "grafana" / "anpr.json").read_text(encoding="utf-8"))
    return found


def expressions(repository: Path) -> list[str]:
    panels = dashboard(repository)["panels"]
    shown = [target["expr"] for panel in panels for target in panel["targets"]]
    return shown + [rule["expr"] for rule in rules(repository)]


def metric_of(name: str) -> str:
    """The metric that this series belongs to."""
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return base if base in KNOWN and KNOWN[base][0] == "histogram" else name


def test_the_page_is_that_of_the_code(repository: Path) -> None:
    page = (repository / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert page == metrics_reference(), "run make docs"


def test_there_is_no_metric_outside_the_closed_list(repository: Path) -> None:
    makers = [
        path.relative_to(repository).as_posix()
        for path in (repository / "anpr").rglob("*.py")
        if "prometheus_client" in path.read_text(encoding="utf-8")
    ]
    assert sorted(makers) == ["anpr/runtime/metrics.py", "anpr/runtime/probes.py"]


def test_every_metric_is_counted_somewhere(repository: Path) -> None:
    tree = ast.parse((repository / "anpr" / "runtime" / "metrics.py").read_text(encoding="utf-8"))
    names = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id != "REGISTRY"
    }
    assert len(names) == len(KNOWN)
    code = "".join(
        path.read_text(encoding="utf-8") for path in (repository / "anpr").rglob("*.py") if path.name != "metrics.py"
    )
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\.(labels|inc|set|observe)\b", code)] == []


def test_names_and_labels_follow_one_form() -> None:
    for name, (kind, labels) in KNOWN.items():
        assert re.fullmatch(r"anpr_[a-z]+(_[a-z]+)*", name)
        assert name.endswith("_total") == (kind == "counter")
        assert "plate" not in labels


def test_dashboard_and_alerts_name_only_metrics_that_exist(repository: Path) -> None:
    found = expressions(repository)
    assert len(found) > 25
    for expression in found:
        names = _NAME.findall(expression)
        assert names, expression
        for name in names:
            assert metric_of(name) in KNOWN or name in PROMETHEUS_OWN, f"{name} in {expression}"


def test_they_ask_only_for_labels_that_exist(repository: Path) -> None:
    for expression in expressions(repository):
        allowed = set(PROMETHEUS_LABELS)
        for name in _NAME.findall(expression):
            allowed |= KNOWN.get(metric_of(name), ("", set()))[1]
        for selector, grouping in _LABELS.findall(expression):
            asked = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector) + [each.strip() for each in grouping.split(",")]
            assert {label for label in asked if label} <= allowed, expression


def test_the_alerts_the_administrator_needs_are_there_and_explained(repository: Path) -> None:
    operations = (repository / "docs" / "operations.md").read_text(encoding="utf-8")
    names = [rule["alert"] for rule in rules(repository)]
    assert len(set(names)) == len(names)
    needed = {
        "AnprCameraDown", "AnprOutboxGrowing", "AnprIngestLag", "AnprPoison", "AnprForwardIncomplete",
    }  # fmt: skip
    assert needed <= set(names)
    assert [name for name in names if f"`{name}`" not in operations] == []
    for rule in rules(repository):
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"]


def test_every_panel_of_the_dashboard_has_a_place_and_a_title(repository: Path) -> None:
    panels = dashboard(repository)["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels) == len({panel["title"] for panel in panels})


@pytest.mark.parametrize("expression", ["sum(rate(anpr_nothing_total[5m]))", "anpr_camera_upp == 0"])
def test_a_wrong_name_would_be_noticed(expression: str) -> None:
    assert any(metric_of(name) not in KNOWN for name in _NAME.findall(expression))
