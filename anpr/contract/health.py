# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health message: the latest states of one camera or reader as JSON."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, ValidationError

from anpr.contract.parsing import PLAIN_PATTERN, Identifier, Part, check_version, first_error, parse_object
from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.gate_plan import PlanOrigin, PlanState
from anpr.domain.health import MAX_CHANGES, Change, HealthReport, SubjectKind

MAX_HISTORY = timedelta(days=3650)
"""Between a report and the oldest change in it; the database's years reach further than Python's."""
MAX_REFUSAL = 500
"""Characters of why a plan was refused."""


class ChangeV1(Part):
    """In this state since then."""

    state: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    since: AwareDatetime


class PlanV1(Part):
    """Of a reader whose gates come from the centre: the plan that it runs on, and a newer one that it refused."""

    origin: PlanOrigin
    number: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    made_at: AwareDatetime | None = None
    refused: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    refusal: Annotated[str, Field(max_length=MAX_REFUSAL, pattern=PLAIN_PATTERN)] | None = None


class HealthV1(Part):
    """The latest states of one camera or reader, oldest first, version 1 of the contract."""

    version: Literal[1] = 1
    kind: Literal[SubjectKind.CAMERA, SubjectKind.READER]
    id: Identifier
    reader_id: Identifier
    gate_ids: Annotated[tuple[Identifier, ...], Field(max_length=1000)]
    at: AwareDatetime
    changes: Annotated[tuple[ChangeV1, ...], Field(min_length=1, max_length=MAX_CHANGES)]
    plan: PlanV1 | None = None


def encode_health(report: HealthReport) -> bytes:
    """The report as JSON. MessageError when it does not fit the contract."""
    try:
        return HealthV1.model_validate(report, from_attributes=True).model_dump_json().encode()
    except ValidationError as exc:
        raise MessageError(
            PoisonReason.WRONG_SHAPE, f"health of {report.kind} {report.id}: {first_error(exc)}"
        ) from exc


def decode_health(data: bytes) -> HealthReport:
    """The report in these bytes; MessageError with a typed reason when they do not follow the contract."""
    fields = parse_object(data)
    check_version(fields)
    try:
        message = HealthV1.model_validate(fields)
    except ValidationError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, first_error(exc)) from exc
    moments = [*(change.since for change in message.changes), message.at]
    if moments != sorted(moments):
        raise MessageError(PoisonReason.WRONG_SHAPE, "changes: not in the order of time, or later than the report")
    if moments[-1] - moments[0] > MAX_HISTORY:
        raise MessageError(PoisonReason.WRONG_SHAPE, f"changes: from more than {MAX_HISTORY.days} days ago")
    return HealthReport(
        kind=message.kind,
        id=message.id,
        reader_id=message.reader_id,
        gate_ids=message.gate_ids,
        at=message.at,
        changes=tuple([Change(state=change.state, since=change.since) for change in message.changes]),
        plan=PlanState(**message.plan.model_dump()) if message.plan else None,
    )


def health_key(report: HealthReport) -> bytes:
    """Key on the health topic: the broker keeps the newest report of each subject."""
    return f"{report.kind}/{report.id}".encode()


def health_json_schema() -> dict[str, Any]:
    """The JSON Schema of a health message, as published in docs/."""
    return HealthV1.model_json_schema()
