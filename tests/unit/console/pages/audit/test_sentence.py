# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every action and detail that the catalogue has is told in words, in each language."""

import ast
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from anpr.console.pages.audit.detail import DetailWriter
from anpr.console.pages.audit.sentence import SentenceWriter
from anpr.console.rendering.translations import Catalogue, load_catalogues
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.audit_use.catalogue import AUDITED
from scripts.lab.transits import START

EXAMPLES: dict[str, object] = {
    "since": "2026-11-20T23:00:00+00:00",
    "until": "2026-11-21T23:00:00+00:00",
    "ends_on": "2026-12-31",
    "look_alike": True,
    "gates": ["nord"],
    "gate": "nord",
    "counts": {"transits": 3, "images": 2},
    "rows": {"alarms": 2},
    "days": {"transits": ["2026-11-01"]},
    "filter": {"person": "anna", "plate": "AB123CD"},
    "transits": ["0193"],
    "mailed_to": ["dpo@example.it"],
    "changed_keys": ["retention.transit_days"],
}
HIDDEN = {"digests", "limit"}
"""For programs: how many are fetched at once, and hashes by which the next start is compared."""
LANGUAGES = load_catalogues()


def test_the_catalogue_has_every_action() -> None:
    assert set(AUDITED) == set(AuditAction), "a new action needs a line in anpr/store/audit_use/catalogue.py"


@pytest.mark.parametrize("catalogue", LANGUAGES.values(), ids=LANGUAGES)
@pytest.mark.parametrize("action", list(AuditAction))
def test_every_action_with_all_its_details_is_a_sentence(action: AuditAction, catalogue: Catalogue) -> None:
    details = AUDITED[action].details
    missing = [name for name in details if f"detail.{name}" not in catalogue.messages]
    assert not missing, f"no words in {catalogue.language} for {missing}"
    detail = {name: EXAMPLES.get(name, "7") for name in details if name not in HIDDEN}
    event = AuditEvent(
        actor="anna", action=action, at=START, reason="furto in via Roma", case_reference="12/2026", detail=detail
    )
    writer = SentenceWriter(DetailWriter(catalogue, ZoneInfo("Europe/Rome"), {"nord": "Porta Nord"}))
    sentence = writer.sentence(event)
    assert sentence.endswith(".")
    assert "anna" in sentence
    assert "furto in via Roma" in sentence
    assert "12/2026" in sentence
    assert "{" not in sentence
    assert str(action) not in sentence or str(action) in {"search", "login", "logout", "exported", "forwarded"}
    assert all(catalogue.messages[f"detail.{name}"] in sentence for name in detail)
    assert writer.sentence(AuditEvent(actor="anna", action=action, at=START)).count(":") == 0


@pytest.mark.parametrize("catalogue", LANGUAGES.values(), ids=LANGUAGES)
def test_an_action_of_a_newer_version_is_told_by_its_name(catalogue: Catalogue) -> None:
    writer = SentenceWriter(DetailWriter(catalogue, ZoneInfo("Europe/Rome"), {}))
    assert "moon-landed" in writer.sentence(AuditEvent(actor="anna", action="moon-landed", at=START))


def test_what_the_code_writes_is_in_the_catalogue(repository: Path) -> None:
    """Details that stand as a literal beside their action, wherever in the product."""
    found = [
        (f"{path.relative_to(repository)}: {action.value}: {key}", key in AUDITED[action].details)
        for path in sorted((repository / "anpr").rglob("*.py"))
        for action, keys in written(ast.parse(path.read_text(encoding="utf-8")))
        for key in keys
    ]
    assert len(found) > 50
    assert [where for where, is_known in found if not is_known] == []


def written(tree: ast.Module) -> Iterator[tuple[AuditAction, list[str]]]:
    """Actions of calls in this module, with the keys of the literal details: in the call, or in the function before."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        literals = {
            target.id: node.value
            for node in ast.walk(function)
            for target in ([node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", []))
            if isinstance(target, ast.Name)
            and isinstance(node, ast.Assign | ast.AnnAssign)
            and isinstance(node.value, ast.Dict)
        }
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
            actions = [found for argument in arguments if (found := action_of(argument))]
            for argument in arguments if len(actions) == 1 else []:
                literal = literals.get(argument.id) if isinstance(argument, ast.Name) else argument
                if isinstance(literal, ast.Dict):
                    yield actions[0], [str(key.value) for key in literal.keys if isinstance(key, ast.Constant)]


def action_of(node: ast.expr) -> AuditAction | None:
    """The action in `AuditAction.NAME`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "AuditAction":
        return AuditAction[node.attr]
    return None
