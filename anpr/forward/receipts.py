# SPDX-License-Identifier: AGPL-3.0-or-later
"""Receipts: what the destination says it did with each transit, applied to the ledger.

A receipt comes with the reply to a sent file, or is fetched later from a file beside it; both read alike.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from uuid import UUID

from anpr.domain.counts import Counts
from anpr.domain.errors import ForwardError
from anpr.forward.delivery_client import DeliveryClient
from anpr.forward.job import Job
from anpr.forward.profile.answers import Answers
from anpr.forward.profile.file_name import fill
from anpr.forward.profile.model import Profile
from anpr.forward.reply.verdict import WHOLE_FILE, Verdict, read_reply, said_by, verdict
from anpr.forward.transport import Receipt
from anpr.runtime.metrics import DELIVERIES
from anpr.store.database.connection import Connection
from anpr.store.forwarding.batches import (
    accept_transits,
    reject_transits,
    release_transits,
    unanswered_batches,
    unanswered_transits,
)
from anpr.store.forwarding.deliveries import DayScope

MAX_ROWS = 200_000
"""Lines of a receipt; a file has 10,000 transits at most, and a receipt may speak of several files."""
MAX_LINE = 65_536
"""Characters of one."""


@dataclass(frozen=True, kw_only=True)
class ReceiptCounts(Counts):
    """Transits that receipts settled: accepted, rejected for good, or queued to be sent again."""

    accepted: int = 0
    rejected: int = 0
    again: int = 0


def collect_receipts(job: Job, client: DeliveryClient, scope: DayScope) -> tuple[ReceiptCounts, list[str]]:
    """Fetch the receipts of the day's batches that wait for one and apply them; the counts, and what was wrong.

    A receipt that cannot be read leaves its transits `sent`, and the run is not a success. Raises ForwardError when
    the destination cannot be reached, StoreError when the database fails.
    """
    counts, problems = ReceiptCounts(), []
    if job.profile.answers.kind != "receipt":
        return counts, []
    with job.database.transaction() as conn:
        batches = unanswered_batches(conn, scope)
    for batch in batches:
        receipt = client.fetch(receipt_name(job.profile.answers, batch.file_name))
        if receipt is None:
            continue
        try:
            verdicts = verdicts_of_receipt(job.profile.answers, receipt)
        except ForwardError as exc:
            problems.append(str(exc))
            continue
        with job.database.transaction() as conn:
            applied = apply_verdicts(conn, job, scope, batch.number, verdicts)
        count_deliveries(job, applied)
        counts += applied
    return counts, problems


def receipt_name(answers: Answers, sent: str) -> str:
    """The name of the receipt for a sent file."""
    return fill(answers.file_name, {"name": sent, "stem": sent.rpartition(".")[0] or sent})


def verdicts_of(profile: Profile, reply: Receipt) -> dict[str, Verdict]:
    """What the answer to a sent file says, in whichever way the profile expects it; nothing when it expects none.

    Raises ForwardError when it cannot be read.
    """
    answers = profile.answers
    if answers.kind == "reply" or said_by(answers, reply, profile.soap).meaning == "permanent":
        return read_reply(answers, reply, profile.soap)
    if answers.kind == "none" or (reply.data is None and not reply.unread):
        return {}
    return verdicts_of_receipt(answers, reply)


def verdicts_of_receipt(answers: Answers, receipt: Receipt) -> dict[str, Verdict]:
    """What the receipt says, by transit id (lower case, with dashes), or by `*`. Raises ForwardError."""
    return {key: verdict(answers, code) for key, code in read_receipt(answers, receipt).items()}


def read_receipt(answers: Answers, receipt: Receipt) -> dict[str, str]:
    """Codes by transit id (lower case, with dashes), or by `*`. Raises ForwardError naming the receipt and the row."""
    name = receipt.name
    if receipt.unread:
        raise ForwardError(f"receipt {name}: {receipt.unread}", permanent=True)
    codes: dict[str, str] = {}
    try:
        text = (receipt.data or b"").decode("utf-8-sig")
        for number, row in enumerate(csv.reader(_lines(text), delimiter=answers.delimiter, strict=True), start=1):
            if row:
                _read_row(answers, f"receipt {name}, row {number}", row, codes)
    except (UnicodeDecodeError, csv.Error) as exc:
        raise ForwardError(f"receipt {name}: not a delimited text file: {exc}", permanent=True) from exc
    if not codes:
        raise ForwardError(f"receipt {name}: empty", permanent=True)
    return codes


def _lines(text: str) -> Iterator[str]:
    """One after the other, so that memory is bounded. Raises csv.Error for too many, or too long a one."""
    for number, line in enumerate(StringIO(text, newline=None), start=1):
        if number > MAX_ROWS or len(line) > MAX_LINE:
            raise csv.Error(f"more than {MAX_ROWS} lines, or one of more than {MAX_LINE} characters")
        if len(line.splitlines()) > 1:
            raise csv.Error("a line end that is neither LF nor CR")  # a row would hide in another's last columns
        yield line


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


def apply_verdicts(
    conn: Connection, job: Job, scope: DayScope, batch_number: int, verdicts: Mapping[str, Verdict]
) -> ReceiptCounts:
    """Settle the batch's sent transits by what was said of them. The caller commits, then counts."""
    said = {
        id: found
        for id in unanswered_transits(conn, scope, batch_number)
        if (found := verdicts.get(str(id), verdicts.get(WHOLE_FILE))) is not None
    }
    refused = {id: found.reason for id, found in said.items() if found.meaning == "permanent"}
    now = job.clock.now()
    accepted = [id for id, found in said.items() if found.meaning == "ok"]
    again = [id for id, found in said.items() if found.meaning == "transient"]
    return ReceiptCounts(
        accepted=accept_transits(conn, scope, batch_number, accepted, now),
        rejected=reject_transits(conn, scope, batch_number, refused, now, sent=True),
        again=release_transits(conn, scope, batch_number, again, now, sent=True),
    )


def count_deliveries(job: Job, counts: ReceiptCounts) -> None:
    """Add to the metric. Call it after each commit, not at the end of the run, which a later failure may not reach."""
    DELIVERIES.labels(job.id, "accepted").inc(counts.accepted)
    DELIVERIES.labels(job.id, "rejected").inc(counts.rejected)
