# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verdicts: what a destination says about one transit, or about all of a file; and the reading of replies."""

import re
from dataclasses import dataclass
from uuid import UUID

from anpr.domain.errors import ForwardError
from anpr.forward.profile.answers import Answers, Meaning, ReplyBody
from anpr.forward.reply.document import Node, at, read_json, read_xml, text_at
from anpr.forward.transport import Receipt

WHOLE_FILE = "*"
"""Stands in place of an id for every transit of the file."""
MAX_CODE = 64
"""Characters of a code; a longer one is none."""
MAX_TEXT = 120
_HOLDS_A_DIGIT = re.compile(r"\S*[0-9]\S*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one code means; `reason` is kept with a rejection."""

    meaning: Meaning
    reason: str


def verdict(answers: Answers, code: str, text: str = "") -> Verdict:
    """What the profile makes of this code."""
    return Verdict(meaning=answers.meaning(code), reason=_reason(code, text))


def read_reply(answers: Answers, receipt: Receipt) -> dict[str, Verdict]:
    """Verdicts by transit id (lower case, with dashes), or by `*`. Raises ForwardError when the body cannot be read.

    A status that refuses the whole file needs no body.
    """
    if answers.status.meaning(receipt.status) == "permanent":
        return {WHOLE_FILE: Verdict(meaning="permanent", reason=f"answered {receipt.status}")}
    body = answers.body
    if body.format == "none":
        return {WHOLE_FILE: Verdict(meaning="ok", reason="")} if receipt.status else {}
    try:
        if receipt.unread or receipt.data is None:
            raise ValueError(receipt.unread or "no body")
        tree = read_json(receipt.data) if body.format == "json" else read_xml(receipt.data)
        return _of_tree(answers, body, tree)
    except ValueError as exc:
        raise ForwardError(f"{receipt.name}: {exc}; nothing of it counts as accepted", permanent=True) from exc


def _of_tree(answers: Answers, body: ReplyBody, tree: Node) -> dict[str, Verdict]:
    found: dict[str, Verdict] = {}
    if body.code is not None:
        found[WHOLE_FILE] = verdict(answers, _code(tree, body.code))
    for number, record in enumerate(at(tree, body.records) if body.records else (), start=1):
        where = f"record {number}"
        key = _id(record, str(body.record_id), where)
        text = (text_at(record, body.record_text) or "") if body.record_text else ""
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
