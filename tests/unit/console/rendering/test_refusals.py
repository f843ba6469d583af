# SPDX-License-Identifier: AGPL-3.0-or-later
"""What other processes refuse in English is told in the page's language: held against the places that raise."""

import ast
from pathlib import Path

import pytest

from anpr.console.rendering.refusals import Refusal, refusal_key
from anpr.console.rendering.translations import load_catalogues

SHOWN = {
    "anpr/store/retention_guard.py": {"RetentionRefusedError"},
    "anpr/mail/smtp.py": {"MailError", "SettingsError"},
    "anpr/edge/gate_plans.py": {"InputError", "StalePlanError"},
    "anpr/store/gate_versions.py": {
        "InputError", "NoVersionError", "CameraTakenError", "GateTakenError", "AccessError",
    },
}  # fmt: skip
"""Modules whose errors reach a page as text, and which errors."""
NOT_SHOWN = {"{path}: {exc}", "{path}: {exc.strerror or exc}"}
"""Raised for commands alone."""


def _texts(path: Path, errors: set[str]) -> list[str]:
    """The text of each error that is raised there, with 7 in place of each value."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[(ast.JoinedStr() | ast.Constant()) as text, *_]) if (
                name in errors
            ):
                parts = text.values if isinstance(text, ast.JoinedStr) else [text]
                if ast.unparse(text)[2:-1] not in NOT_SHOWN:
                    found.append("".join(str(p.value) if isinstance(p, ast.Constant) else "7" for p in parts))
    return found


@pytest.mark.parametrize("module", sorted(SHOWN))
def test_every_error_that_reaches_a_page_has_words(repository: Path, module: str) -> None:
    texts = _texts(repository / module, SHOWN[module])
    assert texts
    for text in texts:
        whole = f"mail server m:25{text[1:]}" if module == "anpr/mail/smtp.py" and text.startswith("7:") else text
        key, _ = refusal_key(whole)
        assert key != "other", whole


@pytest.mark.parametrize("language", ["it", "en"])
def test_each_key_has_words_in_each_language(language: str) -> None:
    catalogue = load_catalogues()[language]  # type: ignore[index]
    text = "its copy: /var/lib/x: version 3 is older than 4, which runs; where"
    assert catalogue.refusal(text) != catalogue.refusal("something new")
    assert "something new" in catalogue.refusal("something new")


def test_a_value_that_is_a_refusal_is_told_in_the_language_of_its_message() -> None:
    why = Refusal("gate g: camera c-1: another gate has a camera with this id")
    told = load_catalogues()["it"]("gates.edit_refused", why=why)
    assert told == "Il centro rifiuta la modifica: un altro varco ha già una telecamera c-1."


def test_what_no_pattern_fits_is_told_as_a_technical_detail() -> None:
    italian = load_catalogues()["it"]
    assert italian("refusal.other", detail=Refusal("odd")) == "dettaglio tecnico: dettaglio tecnico: odd"
    assert italian.refusal(Refusal("odd")) == "dettaglio tecnico: odd"


def test_the_odd_days_of_retention_are_told() -> None:
    text = (
        "retention refuses to drop 9 days of purpose x at once (2026-01-01 to 2026-01-09): since its last run"
        " 1 days had transits; compare the clocks"
    )
    assert "9 giorni in una volta (2026-01-01–2026-01-09)" in load_catalogues()["it"].refusal(text)
