# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deliveries of a list that a centre hands out: full or delta, their versions, and what becomes of each. Pure.

The same again is nothing to do, an older one is refused, and a delta is taken only on the version that it was made for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

RETRY_S = 300.0
"""Seconds after which a place that failed is tried again, when its own pace is slower."""


class DeliveryKind(StrEnum):
    """What a file is: the whole list, or what has changed since the version before."""

    FULL = "full"
    DELTA = "delta"


class DeliveryOutcome(StrEnum):
    """What became of a delivery."""

    TAKEN = "taken"
    SAME = "same"
    """The version that is held, again."""
    OLDER = "older"
    DIFFERENT = "different"
    """The version that is held, with another content."""
    GAP = "gap"
    """A delta that does not follow the version that is held: only a full one helps."""
    HELD = "held"
    """It waits for a person: it would take off or put on too much, or the list demands a second person."""
    FAILED = "failed"
    """It cannot be read, or rows of it are wrong."""
    UNDONE = "undone"
    """A person undid the version that was taken last."""


REFUSED = (DeliveryOutcome.OLDER, DeliveryOutcome.DIFFERENT, DeliveryOutcome.GAP)
"""What somebody should look at, though the list stays good."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListVersion:
    """A version of a list: its text as the centre writes it, and its rank (a number, or seconds of a date)."""

    text: str
    rank: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What a file says of itself. `base`: the version that a delta was made for. `as_of`: when it was true (UTC)."""

    kind: DeliveryKind = DeliveryKind.FULL
    version: ListVersion | None = None
    base: ListVersion | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldVersion:
    """What is held of a list: nothing yet, or a version with the SHA-256 and the kind of the file that brought it."""

    version: ListVersion | None = None
    sha256: str = ""
    kind: DeliveryKind | None = None


def refusal_of(held: HeldVersion, came: Delivery, sha256: str) -> DeliveryOutcome | None:
    """Why a delivery is not taken; None when it follows what is held."""
    if came.version is None:
        return DeliveryOutcome.SAME if sha256 == held.sha256 else None
    if held.version is None:
        return DeliveryOutcome.GAP if came.kind is DeliveryKind.DELTA else None
    if came.version.rank == held.version.rank:
        is_other = came.kind is held.kind and sha256 != held.sha256
        return DeliveryOutcome.DIFFERENT if is_other else DeliveryOutcome.SAME
    if came.version.rank < held.version.rank:
        return DeliveryOutcome.OLDER
    if came.kind is DeliveryKind.DELTA and not _follows(held.version, came, came.version):
        return DeliveryOutcome.GAP
    return None


def _follows(held: ListVersion, came: Delivery, version: ListVersion) -> bool:
    """By the version that it names; else by the number after the one that is held."""
    return came.base.rank == held.rank if came.base is not None else version.rank == held.rank + 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Plausible:
    """How far a delivery may change its list without a person, in per cent of the entries that it has."""

    shrink_percent: float = 20.0
    growth_percent: float = 100.0

    def exceeded(self, size: int, added: int, removed: int) -> str:
        """What of it is too much, for people; empty when nothing is. A list without entries may grow as it likes."""
        if size and removed * 100 > self.shrink_percent * size:
            return f"would take off {removed} of {size} entries, more than {self.shrink_percent:g}%"
        if size and added * 100 > self.growth_percent * size:
            return f"would add {added} to {size} entries, more than {self.growth_percent:g}%"
        return ""


def next_look(looked_at: datetime, every_s: float, *, is_failing: bool) -> datetime:
    """When a place is looked at again after `looked_at`: by its pace in seconds, and soon after a failure."""
    return looked_at + timedelta(seconds=min(every_s, RETRY_S) if is_failing else every_s)


def words_of_delivery(came: Delivery) -> dict[str, str | None]:
    """The delivery as JSON holds it, without ranks, for the audit."""
    return {
        "list_kind": str(came.kind),
        "list_version": came.version.text if came.version else None,
        "list_base": came.base.text if came.base else None,
        "as_of": came.as_of.isoformat() if came.as_of else None,
    }


def delivery_of(values: Mapping[str, str | int | None]) -> Delivery:
    """What `values_of_delivery` made."""
    as_of = values["as_of"]
    return Delivery(
        kind=DeliveryKind(str(values["kind"])),
        version=_version_of(values["version"], values["version_rank"]),
        base=_version_of(values["base"], values["base_rank"]),
        as_of=datetime.fromisoformat(str(as_of)) if as_of else None,
    )


def values_of_delivery(came: Delivery) -> dict[str, str | int | None]:
    """All of it as JSON holds it."""
    version, base = came.version, came.base
    return {
        "kind": str(came.kind),
        "version": version.text if version else None,
        "version_rank": version.rank if version else None,
        "base": base.text if base else None,
        "base_rank": base.rank if base else None,
        "as_of": came.as_of.isoformat() if came.as_of else None,
    }


def _version_of(text: str | int | None, rank: str | int | None) -> ListVersion | None:
    return None if text is None or rank is None else ListVersion(text=str(text), rank=int(rank))
