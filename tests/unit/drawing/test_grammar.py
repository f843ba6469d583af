# SPDX-License-Identifier: AGPL-3.0-or-later
"""Templates: what they produce, what they accept, how they set it out."""

import re

import numpy as np
import pytest

from anpr.drawing.grammar import random_text, set_out
from anpr.drawing.kinds import KINDS

PATTERNS = {
    "it_car": r"[A-HJ-NPR-TVW][A-HJ-NPR-TV-Z]\d{3}[A-HJ-NPR-TV-Z]{2}",
    "it_motorcycle": r"[A-HJ-NPR-TVW][A-HJ-NPR-TV-Z]\d{5}",
    "it_moped": r"[2-9B-DF-HJ-NP-TV-Z]{6}",
    "it_trailer": r"X[A-Z]\d{3}[A-Z]{2}",
    "it_local_police": r"Y[A-Z]\d{3}[A-Z]{2}",
    "it_carabinieri": r"CC[A-Z]{2}\d{3}",
    "it_finance_guard": r"GDIF\d{3}[A-Z]{2}",
    "it_state_police": r"POLIZIA[A-Z]\d{4}",
    "it_fire_brigade": r"VF\d{5}|VFR\d{4}",
    "it_temporary": r"EE\d{3}[A-Z]{2}",
    "it_diplomatic": r"C[CD]\d{3}[A-Z]{2}",
    "it_test": r"[0-9A-Z]{2}P[0-9A-Z]{5}",
    "it_old_white": r"(ROMA|[A-Z]{2})[0-9A-Z]\d{5}",
    "fr_car": r"[A-Z]{2}\d{3}[A-Z]{2}",
    "de_car": r"[A-ZÄÖÜ]{1,3}[A-Z]{1,2}\d{1,4}[EH]?",
    "ch_car": r"[A-Z]{2}\d{3,6}",
    "es_car": r"\d{4}[B-DF-HJ-NP-TV-Z]{3}",
    "ro_car": r"[A-Z]{1,2}\d{2,3}[A-Z]{3}",
    "pl_car": r"[A-Z]{2,3}[0-9A-Z]{4,5}",
    "gb_car": r"[A-Z]{2}\d{2}[A-Z]{3}",
    "va_car": r"S?CV\d{1,5}",
}


@pytest.mark.parametrize("kind", sorted(PATTERNS))
def test_random_texts_follow_the_grammar(kind: str) -> None:
    rng = np.random.default_rng(1)
    for template in KINDS[kind].templates:
        for _ in range(25):
            text = random_text(template, rng)
            assert re.fullmatch(PATTERNS[kind], text), f"{text} from {template}"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_template_accepts_what_it_makes(kind: str) -> None:
    rng = np.random.default_rng(2)
    for template in KINDS[kind].templates:
        text = random_text(template, rng)
        setting = set_out(text, (template,))
        assert setting is not None
        joined = "".join(part for row in setting.rows for part in row if part not in {" ", "*", "=", "-"})
        assert joined == text
        assert len(setting.rows) == template.count("/") + 1


def test_text_is_set_out_in_rows_and_marks() -> None:
    setting = set_out("ZA146HN", KINDS["it_square"].templates)
    assert setting is not None
    assert setting.rows == (("ZA",), ("146", "*", "HN"))


def test_text_with_hyphens_printed() -> None:
    setting = set_out("AB123CD", KINDS["fr_car"].templates)
    assert setting is not None
    assert setting.rows == (("AB", "-", "123", "-", "CD"),)


@pytest.mark.parametrize("text", ["AB123C", "IO123QU", "ab123cd", "AB 123 CD", ""])
def test_text_that_does_not_fit(text: str) -> None:
    assert set_out(text, KINDS["it_car"].templates) is None
