# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases about values: all of them, as few as possible, each code, numbers at their ends, a required one missing."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from anpr.domain.gate import Direction
from anpr.forward.conformance.case import ConformanceCase, ExpectedOutcome
from anpr.forward.conformance.drawing import Drawing, DrawnRecord

_OF_TRANSIT = {"country": "country", "direction": "direction", "lane": "lane"}
"""Sources that a transit may lack, and their attributes."""
_OF_GATE = {
    "gate.name": "name",
    "gate.purpose": "purpose",
    "gate.latitude": "latitude",
    "gate.longitude": "longitude",
}
_CODED = {**_OF_TRANSIT, "reader.id": "reader_id", "camera.id": "camera_id"}
"""Sources with a code table of which each value is tried."""
_MOST_CODES = 200
_WITHOUT_CODE = "senza-codice"


def value_cases(drawing: Drawing) -> Iterator[ConformanceCase]:
    """One case for each kind of value."""
    yield _full(drawing)
    yield _least(drawing)
    yield _required(drawing)
    yield _codes(drawing)
    yield _without_code(drawing)
    yield _numbers(drawing)


def _full(drawing: Drawing) -> ConformanceCase:
    record = drawing.record()
    images = {rule.role: drawing.image(rule.role, record.transit.plate) for rule in drawing.profile.images}
    return drawing.case(
        "full",
        "Transito con tutti i dati",
        "Un transito con ogni dato facoltativo e con le immagini che il profilo prevede.",
        [drawing.with_images(record, images)],
        question="Ogni campo contiene ciò che il documento dell'interfaccia chiede?",
    )


def _least(drawing: Drawing) -> ConformanceCase:
    changes = {name: None for source, name in _OF_TRANSIT.items() if not drawing.requires(source)}
    record = drawing.record(changes=changes)
    if not any(drawing.requires(source) for source in (*_OF_GATE, "camera.bearing_deg")):
        record = replace(record, gate=None)
    return drawing.case(
        "least",
        "Transito con i soli dati obbligatori",
        "Un transito senza i dati che il profilo non chiede: nazione, verso, corsia, dati del varco, immagini.",
        [record],
    )


def _required(drawing: Drawing) -> ConformanceCase:
    id, title = "required", "Record che deve essere rifiutato: manca un dato obbligatorio"
    source = next((source for source in (*_OF_TRANSIT, *_OF_GATE) if drawing.requires(source)), None)
    if source is None:
        return drawing.without(id, title, "Ogni dato obbligatorio del profilo c'è in ogni transito.")
    return drawing.case(
        id,
        title,
        f"Un transito senza «{drawing.fields_of(source)[0].name}», che il profilo chiede.",
        [_lacking(drawing, source)],
        expected=ExpectedOutcome.REFUSED_HERE,
    )


def _lacking(drawing: Drawing, source: str) -> DrawnRecord:
    if source in _OF_TRANSIT:
        return drawing.record(changes={_OF_TRANSIT[source]: None})
    empty: dict[str, Any] = {_OF_GATE[source]: "" if source in ("gate.name", "gate.purpose") else None}
    return drawing.record(gate=replace(drawing.gate, **empty))


def _codes(drawing: Drawing) -> ConformanceCase:
    id, title = "codes", "Ogni valore delle tabelle dei codici"
    records = [
        drawing.record(changes={attribute: Direction(value) if source == "direction" else value})
        for source, attribute in _CODED.items()
        for value in drawing.codes(source)
        if source != "direction" or value in list(Direction)
    ]
    records += [drawing.record(gate=replace(drawing.gate, id=value)) for value in drawing.codes("gate.id")]
    if not records:
        return drawing.without(id, title, "Il profilo non ha tabelle dei codici per i dati di un transito.")
    told = f"Un transito per ogni valore che ha un codice: {len(records)}."
    if len(records) > _MOST_CODES:
        told = f"Un transito per ognuno dei primi {_MOST_CODES} valori che hanno un codice, di {len(records)}."
    question = "L'ufficio riconosce ogni codice?"
    return drawing.case(id, title, told, records[:_MOST_CODES], question=question)


def _without_code(drawing: Drawing) -> ConformanceCase:
    id, title = "without-code", "Valore senza codice"
    tables = drawing.profile.code_tables
    rules = [rule for source in (*_CODED, "gate.id") if source != "direction" for rule in drawing.fields_of(source)]
    # Tables without `*` first: a value that they lack is one that must be refused.
    coded = sorted((rule for rule in rules if rule.codes is not None), key=lambda rule: "*" in tables[str(rule.codes)])
    if not coded:
        return drawing.without(id, title, "Nessuna tabella dei codici del profilo può ricevere un valore sconosciuto.")
    rule = coded[0]
    if rule.source == "gate.id":
        record = drawing.record(gate=replace(drawing.gate, id=_WITHOUT_CODE))
    else:
        record = drawing.record(changes={_CODED[str(rule.source)]: _WITHOUT_CODE})
    refused = any("*" not in tables[str(each.codes)] for each in coded if each.source == rule.source)
    return drawing.case(
        id,
        title,
        f"Un transito il cui «{rule.name}» non ha un codice nella tabella {rule.codes}.",
        [record],
        expected=ExpectedOutcome.REFUSED_HERE if refused else ExpectedOutcome.ACCEPTED,
    )


def _numbers(drawing: Drawing) -> ConformanceCase:
    records = [
        drawing.record(changes={"confidence": value, "reads": reads})
        for value, reads in ((0.0, 1), (0.805, 12), (1.0, 99))
    ]
    return drawing.case(
        "numbers",
        "Numeri ai loro estremi",
        "Transiti con probabilità 0, 0,805 e 1.",
        records,
    )
