"""What the destination says it did: receipts beside the sent files, applied to the ledger."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from anpr.domain.errors import ForwardError
from anpr.forward.delivery_client import Courier
from anpr.forward.job import Job
from anpr.forward.profile.file_name import fill
from anpr.forward.profile.model import Answers
from anpr.runtime.metrics import DELIVERIES
from anpr.store.forwarding.deliveries import (
    DayScope,
    DeliveryBatch,
    accept,
    reject,
    release,
    unanswered_batches,
    unanswered_transits,
)

WHOLE_FILE = "*"


@dataclass(frozen=True, kw_only=True)
class AnswerCounts:
    """Transits answered for: accepted, rejected for good, or to be sent again."""

    accepted: int = 0
    rejected: int = 0
    again: int = 0

    def __add__(self, other: "AnswerCounts") -> "AnswerCounts":
        sums = {name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__}
        return AnswerCounts(**sums)


def collect_answers(job: Job, courier: Courier, scope: DayScope) -> tuple[AnswerCounts, list[str]]:
    """Read the receipts that have come and apply them; returns the counts and what was wrong with a receipt.

    A receipt that cannot be read leaves its transits `sent`, and the run is not a success. Raises ForwardError when
    the destination cannot be reached.
    """
    counts, problems = AnswerCounts(), []
    if job.profile.answers.kind == "none":
        return counts, []
    with job.database.transaction() as conn:
        batches = unanswered_batches(conn, scope)
    for batch in batches:
        name = receipt_name(job.profile.answers, batch.file_name)
        data = courier.fetch(name)
        if data is None:
            continue
        try:
            codes = read_receipt(job.profile.answers, name, data)
        except ForwardError as exc:
            problems.append(str(exc))
            continue
        counts += _apply(job, scope, batch, codes)
    return counts, problems


def receipt_name(answers: Answers, sent: str) -> str:
    """The name of the receipt for a sent file."""
    return fill(answers.file_name, {"name": sent, "stem": sent.rpartition(".")[0] or sent})


def read_receipt(answers: Answers, name: str, data: bytes) -> dict[str, str]:
    """Codes by transit id in its usual form, or by `*`. Raises ForwardError naming the receipt and the row."""
    try:
        text = data.decode("utf-8-sig")
        rows = list(csv.reader(text.splitlines(), delimiter=answers.delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as exc:
        raise ForwardError(f"receipt {name}: not a delimited text file: {exc}", permanent=True) from exc
    codes: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        if row:
            _read_row(answers, f"receipt {name}, row {number}", row, codes)
    if not codes:
        raise ForwardError(f"receipt {name}: empty", permanent=True)
    return codes


def _read_row(answers: Answers, where: str, row: list[str], codes: dict[str, str]) -> None:
    if len(row) < max(answers.id_column, answers.code_column):
        raise ForwardError(f"{where}: {len(row)} columns, too few", permanent=True)
    key, code = row[answers.id_column - 1].strip(), row[answers.code_column - 1].strip()
    if key != WHOLE_FILE:
        try:
            key = str(UUID(key))
        except ValueError as exc:
            raise ForwardError(f"{where}: column {answers.id_column} is not a transit's id", permanent=True) from exc
    if codes.setdefault(key, code) != code:
        raise ForwardError(f"{where}: answered twice, differently", permanent=True)


def _apply(job: Job, scope: DayScope, batch: DeliveryBatch, codes: Mapping[str, str]) -> AnswerCounts:
    with job.database.transaction() as conn:
        code_of = {
            id: code
            for id in unanswered_transits(conn, scope, batch.number)
            if (code := codes.get(str(id), codes.get(WHOLE_FILE))) is not None
        }
        meaning = {id: job.profile.answers.meaning(code) for id, code in code_of.items()}
        refused = {id: f"answered {code_of[id]!r}" for id in code_of if meaning[id] == "permanent"}
        now = job.clock.now()
        counts = AnswerCounts(
            accepted=accept(conn, scope, batch.number, [id for id in code_of if meaning[id] == "ok"], now),
            rejected=reject(conn, scope, batch.number, refused, now, sent=True),
            again=release(conn, scope, batch.number, [id for id in code_of if meaning[id] == "transient"], sent=True),
        )
    # Here, and not at the end of the run: a database that fails in between must not make them uncounted.
    DELIVERIES.labels(job.id, "accepted").inc(counts.accepted)
    DELIVERIES.labels(job.id, "rejected").inc(counts.rejected)
    return counts
