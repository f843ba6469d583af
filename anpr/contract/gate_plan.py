# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plan message: the gates of one reader as JSON, signed with the centre's key; as a message and as a file.

The definitions in it are those of the settings (`anpr.settings.planned`), which reader and centre both validate.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, ValidationError
from pydantic_core import from_json

from anpr.contract.parsing import Identifier, Part, check_version, first_error
from anpr.contract.signature import PublicKey, SigningKey, demand_signature
from anpr.contract.topics import GATES_TOPIC, MAX_PLAN_BYTES
from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.gate_plan import GatePlan

_MOST_GATES = 1000


class GatePlanV1(Part):
    """The gates of one reader, version 1 of the contract."""

    version: Literal[1] = 1
    reader_id: Identifier
    number: Annotated[int, Field(ge=1, le=2**63 - 1)]
    """Grows with every change."""
    made_at: AwareDatetime
    gates: Annotated[tuple[dict[str, Any], ...], Field(max_length=_MOST_GATES)]
    """As below `gates` in the settings file; cameras name a `secret`, and hold none."""


@dataclass(frozen=True, slots=True)
class SignedPlan:
    """A plan as it travels: its JSON, and the value of the signature header (None: unsigned)."""

    value: bytes
    signature: bytes | None

    @classmethod
    def from_file(cls, content: bytes) -> Self:
        """What `to_file` wrote. Raises MessageError for what is no such file."""
        signature, separator, value = content.partition(b"\n")
        if not separator:
            raise MessageError(PoisonReason.WRONG_SHAPE, "no plan of a reader")
        return cls(value, signature or None)

    def to_file(self) -> bytes:
        """A line with the signature, then the JSON."""
        return (self.signature or b"") + b"\n" + self.value


def sign_plan(plan: GatePlan, key: SigningKey) -> SignedPlan:
    """The plan as it travels. Raises MessageError when it does not fit the contract."""
    try:
        value = GatePlanV1.model_validate(plan).model_dump_json().encode()
    except ValidationError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, f"plan of reader {plan.reader_id}: {first_error(exc)}") from exc
    if len(value) > MAX_PLAN_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"plan of reader {plan.reader_id}: {len(value)} bytes")
    return SignedPlan(value, key.sign(GATES_TOPIC, plan.reader_id.encode(), {}, value))


def open_plan(signed: SignedPlan, reader_id: str, key: PublicKey | None) -> GatePlan:
    """The plan, which is this reader's and signed by `key` (None: the signature is not looked at).

    Raises MessageError with a typed reason.
    """
    if key is not None:
        demand_signature(key, signed.signature, GATES_TOPIC, reader_id.encode(), signed.value)
    if len(signed.value) > MAX_PLAN_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"{len(signed.value)} bytes, at most {MAX_PLAN_BYTES}")
    try:
        fields = from_json(signed.value, allow_inf_nan=False)
    except ValueError as exc:
        raise MessageError(PoisonReason.NOT_JSON, f"{len(signed.value)} bytes that are not JSON") from exc
    if not isinstance(fields, dict):
        raise MessageError(PoisonReason.WRONG_SHAPE, "not a JSON object")
    check_version(fields)
    try:
        message = GatePlanV1.model_validate(fields)
    except ValidationError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, first_error(exc)) from exc
    if message.reader_id != reader_id:
        raise MessageError(PoisonReason.CONFLICT, f"it is the plan of reader {message.reader_id}")
    return GatePlan(reader_id=reader_id, number=message.number, made_at=message.made_at, gates=message.gates)


def plan_json_schema() -> dict[str, Any]:
    """The JSON Schema of a plan message, as published in docs/."""
    return GatePlanV1.model_json_schema()
