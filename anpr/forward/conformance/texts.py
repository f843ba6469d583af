# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases about texts: at the limit of their length, beyond it, with signs that a file could trip over."""

from collections.abc import Iterator
from dataclasses import replace

from anpr.forward.conformance.case import ConformanceCase, ExpectedOutcome
from anpr.forward.conformance.drawing import Drawing, DrawnRecord
from anpr.forward.profile.field import FieldRule

_FREE = ("gate.name", "gate.purpose", "lane", "raw", "reader.id")
"""Sources of free text that a record can be given."""
_USUAL_LENGTH = 80
_KEEPING = {"upper", "lower", "strip"}
"""Transforms after which a text of ASCII letters is as long as before, and each sign still there."""
_SIGNS = "&<>\"';,|#A ]]> =1+1"
_FOREIGN = "Ž€ł"
"""Each of our character sets but UTF-8 lacks one of them, and the font of the report has all."""


def text_cases(drawing: Drawing) -> Iterator[ConformanceCase]:
    """One case for each kind of text."""
    yield _longest(drawing)
    yield _too_long(drawing, "reject")
    yield _too_long(drawing, "cut")
    yield _signs(drawing)
    yield _foreign(drawing)
    yield _control(drawing)


def with_text(drawing: Drawing, source: str, text: str) -> DrawnRecord:
    """A record whose source has this text."""
    return _with_texts(drawing, {source: text})


def _with_texts(drawing: Drawing, texts: dict[str, str]) -> DrawnRecord:
    gate = drawing.gate
    gate = replace(gate, name=texts.get("gate.name", gate.name), purpose=texts.get("gate.purpose", gate.purpose))
    named = {"lane": "lane", "raw": "raw", "reader.id": "reader_id"}
    changes = {named[source]: text for source, text in texts.items() if source in named}
    return drawing.record(gate=gate, changes=changes)


def _carriers(drawing: Drawing, keeping: set[str]) -> Iterator[tuple[str, list[FieldRule]]]:
    """Sources of free text whose fields all keep it, without a code table and with no other transform than these."""
    for source in _FREE:
        rules = drawing.fields_of(source)
        if rules and all(rule.codes is None and set(rule.transform) <= keeping for rule in rules):
            yield source, rules


def _most(rules: list[FieldRule]) -> int | None:
    """Characters that all of these fields take without being cut; None: as many as one likes."""
    return min((rule.length for rule in rules if rule.length is not None), default=None)


def _longest(drawing: Drawing) -> ConformanceCase:
    id, title = "longest", "Testi alla lunghezza massima"
    texts = {
        source: _filled(min(_most(rules) or _USUAL_LENGTH, 16 if source == "raw" else 10_000))
        for source, rules in _carriers(drawing, _KEEPING)
    }
    if not texts:
        return drawing.without(id, title, "Il profilo non ha campi di testo libero.")
    names = ", ".join(rule.name for source in texts for rule in drawing.fields_of(source))
    return drawing.case(
        id,
        title,
        f"Un transito con i testi più lunghi che il profilo ammette: {names}.",
        [_with_texts(drawing, texts)],
        question="I testi si leggono interi?",
    )


def _filled(length: int) -> str:
    return ("Abcdefghij" * (length // 10 + 1))[:length]


def _too_long(drawing: Drawing, how: str) -> ConformanceCase:
    id = f"too-long-{how}"
    title = "Testo troppo lungo: rifiutato" if how == "reject" else "Testo troppo lungo: tagliato"
    for source, rules in _carriers(drawing, _KEEPING):
        limits = [rule for rule in rules if rule.length is not None]
        chosen = next((rule for rule in limits if rule.too_long == how), None)
        if chosen is None or (how == "cut" and any(rule.too_long == "reject" for rule in limits)):
            continue
        length = max(rule.length or 0 for rule in limits) + 1
        refused = how == "reject"
        return drawing.case(
            id,
            title,
            f"Un testo di {length} caratteri in «{chosen.name}», che ne ammette {chosen.length}.",
            [with_text(drawing, source, _filled(length))],
            expected=ExpectedOutcome.REFUSED_HERE if refused else ExpectedOutcome.ACCEPTED,
            question="" if refused else "Il testo è tagliato e il transito è accettato?",
        )
    word = "rifiuta" if how == "reject" else "taglia"
    return drawing.without(id, title, f"Nessun campo di testo libero del profilo {word} un testo troppo lungo.")


def _signs(drawing: Drawing) -> ConformanceCase:
    id, title = "signs", "Segni speciali"
    for source, rules in _carriers(drawing, _KEEPING | {"ascii"}):
        delimiter = getattr(drawing.profile.encoding, "delimiter", "")
        text = (delimiter + _SIGNS)[: _most(rules)].rstrip()
        return drawing.case(
            id,
            title,
            f"I segni {text} in «{rules[0].name}»: quelli che XML, CSV e fogli di calcolo prendono per propri.",
            [with_text(drawing, source, text)],
            question="I segni si leggono come sono stati inviati?",
        )
    return drawing.without(id, title, "Il profilo non ha campi di testo libero.")


def _foreign(drawing: Drawing) -> ConformanceCase:
    id, title = "foreign", "Caratteri fuori dall'alfabeto italiano"
    encoding = drawing.profile.encoding
    for source, rules in _carriers(drawing, _KEEPING | {"ascii"}):
        lacking = next((sign for sign in _FOREIGN if not _has(encoding.charset, sign)), "")
        signs = lacking or _FOREIGN
        plain = all("ascii" in rule.transform for rule in rules)
        refused = bool(lacking) and not plain and encoding.kind in ("csv", "fixed-width")
        return drawing.case(
            id,
            title,
            f"«A{signs}» in «{rules[0].name}»; il file è in {encoding.charset}"
            + (f", che non ha {lacking}." if lacking else "."),
            [with_text(drawing, source, f"A{signs}")],
            expected=ExpectedOutcome.REFUSED_HERE if refused else ExpectedOutcome.ACCEPTED,
            question="" if refused else "I caratteri si leggono, o sono sostituiti come l'ufficio chiede?",
        )
    return drawing.without(id, title, "Il profilo non ha campi di testo libero.")


def _has(charset: str, sign: str) -> bool:
    try:
        sign.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _control(drawing: Drawing) -> ConformanceCase:
    id, title = "control", "Record che deve essere rifiutato: carattere di controllo"
    for source, rules in _carriers(drawing, _KEEPING | {"ascii"}):
        return drawing.case(
            id,
            title,
            f"Un a capo dentro «{rules[0].name}»: spezzerebbe una riga in due.",
            [with_text(drawing, source, "A\nB")],
            expected=ExpectedOutcome.REFUSED_HERE,
        )
    return drawing.without(id, title, "Il profilo non ha campi di testo libero.")
