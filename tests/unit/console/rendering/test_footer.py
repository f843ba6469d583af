# SPDX-License-Identifier: AGPL-3.0-or-later
"""The foot of every page: the running version, and where its source can be had (AGPL-3.0, section 13)."""

from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

import anpr
from anpr.console.rendering.footer import Footer, footer_of
from anpr.console.rendering.templates import PageContext, Templates
from anpr.console.rendering.translations import LANGUAGES, load_catalogues
from anpr.settings.centre import ConsoleSettings


def page(footer: Footer, template: str = "error.html") -> str:
    templates = Templates(load_catalogues(), ZoneInfo("Europe/Rome"), "Comune di Prova", footer)
    context = PageContext(language="it", form_token="0")
    return templates.render(template, context, kind="not_found", number=404)


def test_the_address_of_the_source_names_the_running_version() -> None:
    footer = footer_of(ConsoleSettings(source_url="https://code.example.it/anpr/tree/v{version}"))
    assert footer.source_url == f"https://code.example.it/anpr/tree/v{anpr.__version__}"
    text = page(footer)
    assert f'href="https://code.example.it/anpr/tree/v{anpr.__version__}"' in text
    assert f"anpr {anpr.__version__}" in text
    assert "Codice sorgente di questa versione" in text


def test_without_an_address_the_page_says_whom_to_ask() -> None:
    footer = footer_of(ConsoleSettings())
    assert footer == Footer(version=anpr.__version__)
    text = page(footer)
    assert "può essere chiesto all&#39;ente che gestisce il sistema" in text
    assert "href" not in text[text.index("<footer") :]


def test_the_accessibility_statement_is_linked_when_there_is_one() -> None:
    footer = footer_of(ConsoleSettings(accessibility_url="https://www.example.it/accessibilita"))
    assert 'href="https://www.example.it/accessibilita"' in page(footer)
    assert "Dichiarazione di accessibilità" in page(footer)
    assert "Dichiarazione di accessibilità" not in page(footer_of(ConsoleSettings()))


@pytest.mark.parametrize("key", ["source_url", "accessibility_url"])
@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://", "ftp://example.it/x", "example.it", "https://a b"])
def test_only_web_addresses_are_taken(key: str, url: str) -> None:
    with pytest.raises(ValidationError, match=key):
        ConsoleSettings.model_validate({key: url})


def test_an_address_cannot_break_out_of_the_link() -> None:
    text = page(Footer(version="1", source_url='https://example.it/"><script>'))
    assert "<script>" not in text[text.index("<footer") :]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_licence_is_named_in_every_language(language: str) -> None:
    assert "AGPL-3.0-or-later" in next(c for name, c in load_catalogues().items() if name == language)(
        "foot.version", version="1"
    )
