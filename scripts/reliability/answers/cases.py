# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases of the fuzz test: each is a damaged answer, what may be accepted of it, and what was made of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from anpr.domain.errors import ForwardError
from anpr.forward.receipts import verdicts_of_receipt
from anpr.forward.reply.verdict import WHOLE_FILE, read_reply, said_by
from anpr.forward.transport import Receipt
from scripts.reliability.answers.damage import accepts_nothing, cut_off, damaged, flipped, spoilt, wide
from scripts.reliability.answers.documents import GOOD, RULES, SOAP, answer, written

_STATUS = (*["200"] * 12, "202", "400", "500", "503", "302", "422", "")


@dataclass(frozen=True, kw_only=True)
class Case:
    """An answer in one of the forms; `may_accept` are ids of transits."""

    form: str
    number: int
    damage: str
    status: str
    data: bytes
    ids: tuple[str, ...]
    may_accept: frozenset[str]

    @property
    def name(self) -> str:
        """For a person who looks for it again."""
        return f"{self.form} {self.number} {self.damage}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was made of a case: `refused` and nothing else, or transits by meaning; and in how many seconds."""

    accepted: frozenset[str]
    refused: str
    crash: str
    seconds: float


def case(seed: int, form: str, number: int) -> Case:
    """The same arguments give the same bytes."""
    rng = Random(f"{seed} {form} {number}")
    said = answer(rng)
    data, one = damaged(written(form, said, rng), rng)
    may = said.may_accept
    if one in (cut_off, flipped, spoilt, wide):  # may have lost a word that contradicts
        may = frozenset(id for id, code in said.pairs if code.strip() == GOOD)
    status = rng.choice(_STATUS)
    if accepts_nothing(one, form) or (form == "soap" and status not in ("200", "202", "")):
        may = frozenset()
    return Case(form=form, number=number, damage=one.__name__, status=status, data=data, ids=said.ids, may_accept=may)


def judged(one: Case) -> Outcome:
    """As a run of forwarding would judge it."""
    return outcome_of(lambda: _accepted(one), time.process_time)


def outcome_of(judge: Callable[[], frozenset[str]], clock: Callable[[], float] = time.monotonic) -> Outcome:
    """What was accepted, or why not, in seconds of this clock. Only ForwardError is no crash."""
    began = clock()
    accepted, refused, crash = frozenset[str](), "", ""
    try:
        accepted = judge()
    except ForwardError as exc:
        refused = str(exc)
    except BaseException as exc:  # noqa: BLE001  what gets through here would have ended a run
        crash = f"{type(exc).__name__}: {exc}"[:200]
    return Outcome(accepted=accepted, refused=refused, crash=crash, seconds=clock() - began)


def _accepted(one: Case) -> frozenset[str]:
    receipt, rules = Receipt(name=one.name, status=one.status, data=one.data), RULES[one.form]
    if one.form == "receipt":
        verdicts = verdicts_of_receipt(rules, receipt)
    else:
        soap = SOAP if one.form == "soap" else None
        if one.status and said_by(rules, receipt, soap).meaning in (None, "transient"):
            raise ForwardError(f"{receipt.name}: answered {receipt.status}")
        verdicts = read_reply(rules, receipt, soap)
    said = {id: verdicts.get(id, verdicts.get(WHOLE_FILE)) for id in one.ids}
    return frozenset(id for id, found in said.items() if found is not None and found.meaning == "ok")


def complaint(one: Case, outcome: Outcome, slow_s: float) -> str | None:
    """What is wrong with what was made of it; None when nothing is."""
    if outcome.crash:
        return f"{one.name}: {outcome.crash}"
    if not outcome.accepted <= one.may_accept:
        return f"{one.name}: accepted without a positive answer"
    if outcome.seconds > slow_s:
        return f"{one.name}: {outcome.seconds:.1f} s"
    if "\n" in outcome.refused or len(outcome.refused) > 400:
        return f"{one.name}: told in more than a line"
    return None
