# SPDX-License-Identifier: AGPL-3.0-or-later
"""Words of sentences of the audit that stand before any name."""

from anpr.console.rendering.translations import load_catalogues


def test_no_italian_sentence_has_a_preposition_that_depends_on_the_name_after_it() -> None:
    """`A amministratore`, which Italian writes `Ad amministratore`."""
    sentences = {key: text for key, text in load_catalogues()["it"].messages.items() if key.startswith("did.")}
    assert sentences
    assert [key for key, text in sentences.items() if text.startswith("A {actor}")] == []
