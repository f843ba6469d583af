# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verdicts: what a destination says about one transit, or about all of a file; and the reading of replies."""

import re
from dataclasses import dataclass
from uuid import UUID

from anpr.domain.errors import ForwardError
from anpr.forward.profile.answers import Answers, Meaning, ReplyBody
from anpr.forward.profile.soap import SoapRules
from anpr.forward.reply.document import Node, at, first_text, read_json, read_xml, text_at
from anpr.forward.reply.soap import Fault, fault_in, read_envelope
from anpr.forward.transport import Receipt

WHOLE_FILE = "*"
"""Stands in place of an id for every transit of the file."""
MAX_CODE = 64
"""Characters of a code; a longer one is none."""
MAX_TEXT = 120
_FAULT_STATUS = ("400", "500")
"""Besides those of success: the status that SOAP gives to a fault. With any other the status counts."""
_ONE_WAY = ("202", "204")
"""Status of a reply that may have no envelope: the message was taken, and nothing is said about it."""
_HOLDS_A_DIGIT = re.compile(r"\S*[0-9]\S*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one code means; `reason` is kept with a rejection."""

    meaning: Meaning
    reason: str


def verdict(answers: Answers, code: str, text: str = "") -> Verdict:
    """What the profile makes of this code."""
    return Verdict(meaning=answers.meaning(code), reason=_reason(code, text))


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a reply says of the whole file by its status, or by a SOAP fault; None as meaning stops the run."""

    meaning: Meaning | None
    told: str


def said_by(answers: Answers, receipt: Receipt, soap: SoapRules | None = None) -> Said:
    """Of this reply; `ok` means no more than that its body may be read. A fault is never `ok`."""
    by_status = Said(meaning=answers.status.meaning(receipt.status), told=f"answered {receipt.status}")
    is_judged = by_status.meaning == "ok" or receipt.status in _FAULT_STATUS
    fault = _fault_of(receipt) if soap is not None and is_judged else None
    if soap is None or fault is None:
        return by_status
    told = _reason(fault.codes[0] if fault.codes else "", fault.text)
    return Said(meaning=soap.faults.meaning(fault.codes), told=f"fault: {told}")


def _fault_of(receipt: Receipt) -> Fault | None:
    try:
        return fault_in(read_envelope(receipt.data or b""))
    except ValueError:
        return None


def read_reply(answers: Answers, receipt: Receipt, soap: SoapRules | None = None) -> dict[str, Verdict]:
    """Verdicts by transit id (lower case, with dashes), or by `*`. Raises ForwardError when the body cannot be read.

    A status or fault that refuses the whole file needs no body.
    """
    said = said_by(answers, receipt, soap)
    if said.meaning == "permanent":
        return {WHOLE_FILE: Verdict(meaning="permanent", reason=said.told)}
    try:
        if answers.body.format == "none":
            return _by_status(receipt, soap)
        return _of_tree(answers, answers.body, _tree_of(answers.body, receipt, soap))
    except ValueError as exc:
        raise ForwardError(f"{receipt.name}: {exc}; nothing of it counts as accepted", permanent=True) from exc


def _by_status(receipt: Receipt, soap: SoapRules | None) -> dict[str, Verdict]:
    """All are accepted, where there is a reply at all; of SOAP an envelope without a fault, or none at all."""
    if not receipt.status:
        return {}
    if receipt.unread:
        raise ValueError(receipt.unread)
    is_one_way = receipt.status in _ONE_WAY and not receipt.data
    if soap is not None and not is_one_way:
        _envelope_of(receipt)
    return {WHOLE_FILE: Verdict(meaning="ok", reason="")}


def _tree_of(body: ReplyBody, receipt: Receipt, soap: SoapRules | None) -> Node:
    if soap is not None:
        return _envelope_of(receipt)
    data = _data_of(receipt)
    return read_json(data) if body.format == "json" else read_xml(data)


def _envelope_of(receipt: Receipt) -> Node:
    envelope = read_envelope(_data_of(receipt))
    if fault_in(envelope) is not None:
        raise ValueError("a SOAP fault")
    return envelope


def _data_of(receipt: Receipt) -> bytes:
    if receipt.unread or receipt.data is None:
        raise ValueError(receipt.unread or "no body")
    return receipt.data


def _of_tree(answers: Answers, body: ReplyBody, tree: Node) -> dict[str, Verdict]:
    found: dict[str, Verdict] = {}
    if body.code is not None:
        found[WHOLE_FILE] = verdict(answers, _code(tree, body.code))
    for number, record in enumerate(at(tree, body.records) if body.records else (), start=1):
        where = f"record {number}"
        key = _id(record, str(body.record_id), where)
        text = first_text(record, body.record_text) if body.record_text else ""
        said = verdict(answers, _code(record, str(body.record_code), where), text)
        if found.setdefault(key, said).meaning != said.meaning:
            raise ValueError(f"{where}: answered twice, differently")
    if not found:
        raise ValueError("no code in it")
    return found


def _code(node: Node, path: str, where: str = "") -> str:
    code = text_at(node, path)
    at_place = f"{where}: " if where else ""
    if not code:
        raise ValueError(f"{at_place}{path}: no code")
    if len(code) > MAX_CODE or not code.isprintable():
        raise ValueError(f"{at_place}{path}: a code of more than {MAX_CODE} characters, or not printable")
    return code


def _id(node: Node, path: str, where: str) -> str:
    text = text_at(node, path) or ""
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError(f"{where}: {path}: not a transit's id") from None


def _reason(code: str, text: str) -> str:
    """Without the words that hold a digit, which may be a plate's: reasons are kept longer than plates."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * MAX_TEXT]).split())
    shown = _HOLDS_A_DIGIT.sub("…", shown)[:MAX_TEXT]
    return f"answered {code[:MAX_CODE]!r}" + (f": {shown}" if shown else "")
