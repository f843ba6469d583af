# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plan of a reader: the gates that it runs, as the centre hands them on; and what the reader says of the one it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class PlanOrigin(StrEnum):
    """Where a reader has its plan from."""

    CENTRE = "centre"
    """The centre has confirmed since the reader's start that it is the newest."""
    COPY = "copy"
    """Its own disk: since its start nothing came from the centre."""
    NONE = "none"
    """It has none, and reads no camera."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GatePlan:
    """The gates of one reader."""

    reader_id: str
    number: int
    """Grows with every version of one of its gates."""
    made_at: datetime
    """When the newest of those versions was made (UTC)."""
    gates: tuple[Mapping[str, Any], ...]
    """Definitions, as JSON objects (`anpr.settings.planned`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanState:
    """What a reader says of its plan."""

    origin: PlanOrigin
    number: int | None = None
    made_at: datetime | None = None
    """Of the plan that it runs on (UTC)."""
    refused: int | None = None
    """Number of a newer one that it does not take; None where it has refused none, or one whose number is not known."""
    refusal: str | None = None
    """Why: names gate, camera and key. None where it has refused none."""
