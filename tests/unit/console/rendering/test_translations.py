# SPDX-License-Identifier: AGPL-3.0-or-later
"""Both languages say the same things, and no page says anything outside the catalogues."""

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment

from anpr.console.app import PAGES
from anpr.console.rendering import translations
from anpr.console.rendering.translations import language_of, load_catalogues
from anpr.domain.access import Permission, Role
from anpr.domain.alarm import AlarmOutcome, AlarmState
from anpr.domain.delivery import DeliveryState, RunKind, RunOutcome
from anpr.domain.errors import SettingsError
from anpr.domain.gate import Direction
from anpr.domain.grammar.formats import FORMATS
from anpr.domain.health import STATES
from anpr.domain.watchlist import MatchMode, Priority
from anpr.store.audit import AuditAction
from anpr.store.watchlists.entries import ImportMode

CONSOLE = Path(translations.__file__).parent.parent
TEMPLATES = sorted([*CONSOLE.glob("templates/*.html"), *CONSOLE.glob("pages/*/*.html")])
SCRIPTS = sorted(CONSOLE.glob("static/*.js"))
_SPOKEN_ATTRIBUTES = re.compile(r'\b(?:title|alt|placeholder|aria-label|content|value)="([^"]*)"')
# The value of a button or an option is sent, not shown: its words are between its tags.
_SILENT_VALUES = re.compile(r'(?:(?<=<button )|(?<=<option ))[^>]*?\bvalue="[^"]*"')
# What is the same in every language: names of languages, and words of HTML's own that are not read out.
_UNIVERSAL = {"IT", "EN", "width=device-width, initial-scale=1", "light dark", "noindex", "it", "en", "true"}


def test_both_languages_have_the_same_keys() -> None:
    italian, english = (load_catalogues()[name].messages for name in ("it", "en"))
    assert set(italian) == set(english)
    assert len(italian) > 150
    assert all(text.strip() for text in (*italian.values(), *english.values()))


def test_both_languages_fill_in_the_same_values() -> None:
    italian, english = (load_catalogues()[name].messages for name in ("it", "en"))
    for key, text in italian.items():
        assert names_in(text) == names_in(english[key]), key


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_key_a_template_uses_is_there(path: Path) -> None:
    known = load_catalogues()["it"].messages
    source = path.read_text(encoding="utf-8")
    for key in re.findall(r'\bt\("([a-z_.-]+)"\s*[,)]', source):
        assert key in known, key
    for prefix in re.findall(r'\bt\("([a-z_]+\.)" ~', source):
        assert any(key.startswith(prefix) for key in known), prefix


def test_every_word_of_the_domain_has_its_message() -> None:
    known = load_catalogues()["it"].messages
    words = {
        "priority": Priority, "state": AlarmState, "outcome": AlarmOutcome, "delivery": DeliveryState, "role": Role,
        "run": RunOutcome, "direction": Direction, "match": MatchMode, "action": AuditAction,
        "value.permission": Permission, "value.kind": RunKind, "value.mode": ImportMode, "value.match": MatchMode,
    }  # fmt: skip
    assert [state for state in STATES if f"health.{state}" not in known] == []
    assert {code for code in (form.country for form in FORMATS) if f"country.{code}" not in known} == set()
    for section, kind in words.items():
        for word in kind:
            assert f"{section}.{word}" in known


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_words_of_its_own(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert [text for text in spoken_in(source) if text not in _UNIVERSAL] == []


def test_every_page_in_the_menu_has_its_text() -> None:
    known = load_catalogues()["it"].messages
    listed = [page.name for page in PAGES if page.is_in_menu and page.permissions]
    assert [name for name in listed if f"{name}.menu" not in known] == []


def test_a_section_in_two_catalogues_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "_CONSOLE", tmp_path)
    for folder, name in (("messages", "it.yaml"), ("pages/one", "messages.it.yaml"), ("pages/two", "messages.it.yaml")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / name).write_text("app: {x: y}\n" if folder == "messages" else "same: {x: y}\n")
    with pytest.raises(SettingsError, match=r"pages/two/messages.it.yaml: another catalogue has the section same too"):
        load_catalogues.__wrapped__()


def test_words_in_a_template_would_be_found() -> None:
    assert list(spoken_in('<p>Hello {{ name }}</p><img alt="A car"><b>{{ t("x.y") }}</b> &amp; 12')) == [
        "A car",
        "Hello",
    ]


def spoken_in(source: str) -> Iterator[str]:
    """Texts with letters that a reader would see or hear: between tags, and in attributes that are read out."""
    tokens = Environment().lex(source)
    markup = "".join(text if kind == "data" else "\x00" if "begin" in kind else "" for _, kind, text in tokens)
    markup = _SILENT_VALUES.sub("", markup)
    for text in _SPOKEN_ATTRIBUTES.findall(markup):
        if "\x00" not in text and re.search(r"[^\W\d_]", text):
            yield text
    without_tags = re.sub(r"<[^>]*>", "\x00", markup)
    for text in re.split(r"[\x00\n]", re.sub(r"&\w+;", " ", without_tags)):
        if re.search(r"[^\W\d_]", text):
            yield text.strip()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_takes_its_words_from_the_page(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert re.findall(r'(?:textContent|innerText|title) = "[^"]', source) == []


def test_what_the_reader_chose_comes_before_the_sites_language() -> None:
    assert language_of("en", "it") == "en"
    assert language_of(None, "it") == "it"
    assert language_of("klingon", "en") == "en"


def test_a_message_agrees_with_its_number() -> None:
    italian, english = (load_catalogues()[name] for name in ("it", "en"))
    assert italian.counted("status.live_up", 1) == "attivi: 1 pagina aperta"
    assert italian.counted("status.live_up", 0) == "attivi: 0 pagine aperte"
    assert italian.counted("login.wait", 1) == "Troppi tentativi. Riprova tra 1 secondo."
    assert italian.counted("audit.whole", 1, time="oggi") == "Registro integro: 1 riga verificata il oggi."
    assert english.counted("status.legal_near", 1) == "ends tomorrow"
    assert italian.counted("login.wrong", 1) == "Nome utente o password non validi.", "it holds no number"


def test_what_one_page_calls_a_thing_all_pages_do() -> None:
    """Words of docs/glossary.md that had others beside them, and the law's usual abbreviation."""
    italian = load_catalogues()["it"].messages
    wrong = re.compile(r"\b(passagg\w+|affidabilità|guarda(va)?|entra)\b|D\.Lgs [0-9]|’", re.IGNORECASE)
    assert {key: text for key, text in italian.items() if wrong.search(text)} == {}


def test_a_key_nobody_wrote_is_a_fault() -> None:
    with pytest.raises(KeyError):
        load_catalogues()["it"]("no.such")
    assert load_catalogues()["it"].either("no.such", "word") == "word"
