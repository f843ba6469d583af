# SPDX-License-Identifier: AGPL-3.0-or-later
"""Replies and receipts of the simulated office, written where the profile will look for them. Pure."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from anpr.forward.profile.answers import Answers
from anpr.forward.profile.file_name import fill
from anpr.simulator.settling import Said, SettledRecord

SOAP_NAMESPACES = {
    "http://schemas.xmlsoap.org/soap/envelope/": "1.1",
    "http://www.w3.org/2003/05/soap-envelope": "1.2",
}
SoapVersion = Literal["1.1", "1.2"]
_NAMESPACE_OF = {version: namespace for namespace, version in SOAP_NAMESPACES.items()}
_CONTENT_TYPE = {"1.1": "text/xml; charset=utf-8", "1.2": "application/soap+xml; charset=utf-8"}
_OF_SOAP = frozenset({"Envelope", "Header", "Body", "Fault", "Code", "Value", "Reason", "Text"})
_HEAD_BYTES = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeReply:
    """An HTTP reply."""

    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""


def soap_version(data: bytes) -> SoapVersion | None:
    """Of the envelope that the file is; None when it is none."""
    head = data[:_HEAD_BYTES]
    for namespace, version in SOAP_NAMESPACES.items():
        if namespace.encode() in head and b"Envelope" in head:
            return "1.1" if version == "1.1" else "1.2"
    return None


def receipt_name_of(answers: Answers, sent: str) -> str:
    """The name of the receipt for a sent file, as the profile has it; safe, whatever the file was called."""
    try:
        return fill(answers.file_name, {"name": sent, "stem": sent.rpartition(".")[0] or sent})
    except ValueError:  # a name that no profile makes
        return f"{sent}.esito"


def write_receipt(answers: Answers, said: Sequence[Said]) -> bytes:
    """A delimited text with ids and codes in the profile's columns."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=answers.delimiter, lineterminator="\r\n")
    for each in said:
        row = [""] * max(answers.id_column, answers.code_column)
        row[answers.id_column - 1], row[answers.code_column - 1] = each.id, each.code
        writer.writerow([*row, each.text] if each.text else row)
    return out.getvalue().encode()


def write_reply(
    answers: Answers, settled: Sequence[SettledRecord], said: Sequence[Said], soap: SoapVersion | None
) -> OfficeReply:
    """The reply that says so: as a receipt, as JSON or XML at the profile's paths, or without a body."""
    if answers.kind == "receipt":
        return OfficeReply(content_type="text/csv; charset=utf-8", body=write_receipt(answers, said))
    if answers.kind != "reply" or answers.body.format == "none" or (settled and not said):
        return OfficeReply() if soap is None else _in_envelope({}, soap)
    tree = _tree(answers, settled, said)
    if answers.body.format == "json":
        return OfficeReply(content_type="application/json", body=_json(tree))
    if soap is not None:
        return _in_envelope(tree, soap)
    return OfficeReply(content_type="application/xml; charset=utf-8", body=_xml("Risposta", tree))


def write_fault(soap: SoapVersion, status: int) -> OfficeReply:
    """A SOAP fault: of the sender for a status below 500, of the receiver otherwise."""
    text = "Simulazione: richiesta rifiutata" if status < 500 else "Simulazione: servizio non disponibile"
    if soap == "1.1":
        fault: dict[str, Any] = {"faultcode": f"soap:{'Client' if status < 500 else 'Server'}", "faultstring": text}
    else:
        code = f"soap:{'Sender' if status < 500 else 'Receiver'}"
        fault = {"Code": {"Value": code}, "Reason": {"Text": {"@xml:lang": "it", "": text}}}
    return _in_envelope({"Body": {"Fault": fault}}, soap, status)


def _tree(answers: Answers, settled: Sequence[SettledRecord], said: Sequence[Said]) -> dict[str, Any]:
    body, tree = answers.body, dict[str, Any]()
    if body.code is not None:
        _put(tree, body.code, _code_of_all(answers, settled, said))
    if body.records is not None:
        records = []
        for each in said:
            record: dict[str, Any] = {}
            _put(record, str(body.record_id), each.id)
            _put(record, str(body.record_code), each.code)
            if body.record_text is not None and each.text:
                _put(record, body.record_text, each.text)
            records.append(record)
        _put(tree, body.records, records)
    return tree


def _code_of_all(answers: Answers, settled: Sequence[SettledRecord], said: Sequence[Said]) -> Any:
    """Of the file: that it was read, where transits have codes of their own; else the worst of them, or two at odds."""
    by_id: dict[str, dict[str, None]] = {}
    for each in said:
        by_id.setdefault(each.id, {})[each.code] = None
    if answers.body.records is not None:
        return next(iter(answers.ok), "0")
    at_odds = next((list(codes) for codes in by_id.values() if len(codes) > 1), None)
    return at_odds or next((each.code for each in settled if each.meaning != "ok"), said[0].code if said else "0")


def _put(tree: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split("/")
    for part in above:
        tree = tree.setdefault(part, {})
    tree[last] = value


def _json(tree: dict[str, Any]) -> bytes:
    return json.dumps(tree.get("*", tree), ensure_ascii=False).encode()


def _in_envelope(tree: dict[str, Any], soap: SoapVersion, status: int = 200) -> OfficeReply:
    whole = tree if "Body" in tree else {"Body": {"Risposta": tree}}
    return OfficeReply(status=status, content_type=_CONTENT_TYPE[soap], body=_xml("Envelope", whole, soap))


def _xml(root: str, tree: dict[str, Any], soap: SoapVersion | None = None) -> bytes:
    out = io.BytesIO()
    xml = XMLGenerator(out, "utf-8", short_empty_elements=True)
    xml.startDocument()
    namespace = {"@xmlns:soap": _NAMESPACE_OF[soap]} if soap else {}
    _write(xml, root, {**namespace, **tree}, is_soap=soap is not None)
    xml.endDocument()
    return out.getvalue()


def _write(xml: XMLGenerator, name: str, node: Any, *, is_soap: bool) -> None:
    if isinstance(node, list):
        for each in node:
            _write(xml, name, each, is_soap=is_soap)
        return
    below = node if isinstance(node, dict) else {"": str(node)}
    shown = f"soap:{name}" if is_soap and name in _OF_SOAP else name
    xml.startElement(shown, AttributesImpl({key[1:]: str(text) for key, text in below.items() if key.startswith("@")}))
    for key, child in below.items():
        if key == "":
            xml.characters(child)
        elif not key.startswith("@"):
            _write(xml, key, child, is_soap=is_soap and key in _OF_SOAP)
    xml.endElement(shown)
