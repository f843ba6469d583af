# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settling: which code each received transit gets, and what is said of it, faults of receipts included. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from anpr.forward.profile.answers import Answers, Meaning
from anpr.simulator.behaviour import Behaviour
from anpr.simulator.reading.record import ReceivedRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class SettledRecord:
    """One transit and the office's word on it. `id` is as it was written, `*` where the profile writes none."""

    number: int
    id: str
    plate: str
    captured_at: str
    gate: str
    meaning: Meaning
    code: str
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One line of a receipt, or one element of a reply."""

    id: str
    code: str
    text: str


def settle(behaviour: Behaviour, answers: Answers, record: ReceivedRecord) -> SettledRecord:
    """The office's word on this transit."""
    rule = next((each for each in behaviour.rules if each.fits(record.id, record.plate, record.values)), behaviour)
    code = rule.code or behaviour.code_of(rule.answer, listed(answers, rule.answer))
    return SettledRecord(
        number=record.number,
        id=record.id or "*",
        plate=record.plate,
        captured_at=record.captured_at,
        gate=record.gate,
        meaning=answers.meaning(code) if rule.code and answers.ok else rule.answer,
        code=code,
        text=rule.text,
    )


def listed(answers: Answers, meaning: Meaning) -> tuple[str, ...]:
    """The codes that the profile lists for this meaning."""
    found: tuple[str, ...] = getattr(answers, meaning)
    return found


def what_is_said(behaviour: Behaviour, answers: Answers, settled: Iterable[SettledRecord]) -> list[Said]:
    """What a receipt or reply says of these transits, in their order."""
    said: list[Said] = []
    for each in settled:
        once = Said(id=each.id, code=each.code, text=each.text)
        said += [once] if behaviour.receipts != "none" else []
        if behaviour.receipts == "twice":
            said.append(once)
        if behaviour.receipts == "contradictory":
            other: Meaning = "permanent" if each.meaning == "ok" else "ok"
            said.append(Said(id=each.id, code=behaviour.code_of(other, listed(answers, other)), text=""))
    return said
