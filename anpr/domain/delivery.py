# SPDX-License-Identifier: AGPL-3.0-or-later
"""States of forwarding: of a transit on its way to another centre, and of a run."""

from datetime import date
from enum import StrEnum


class DeliveryState(StrEnum):
    """State of a delivery: queued → sent → accepted | rejected; queued → rejected (cannot be written) | expired (past
    retention).
    """

    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"


class AgreementFault(StrEnum):
    """Why a destination's agreement does not let anything leave."""

    MISSING = "missing"
    ENDED = "ended"


def agreement_fault(protocol: str, until: date, today: date) -> AgreementFault | None:
    """What is wrong with an agreement that holds `until` this day (the site's, included); None where it holds."""
    if not protocol.strip():
        return AgreementFault.MISSING
    return AgreementFault.ENDED if today > until else None


class RunKind(StrEnum):
    """What started a forwarding run."""

    NIGHTLY = "nightly"
    INTERVAL = "interval"
    MANUAL = "manual"
    LIVE = "live"


class LiveState(StrEnum):
    """How live forwarding to a destination stands."""

    LIVE = "live"
    """What is stored is sent within seconds."""
    RETRYING = "retrying"
    """It failed: what is stored is queued until a later try or the nightly run."""
    BUSY = "busy"
    """Another run for the destination holds the lock."""
    STOPPED = "stopped"
    """The forwarder has ended."""


class RunOutcome(StrEnum):
    """How a forwarding run ended."""

    COMPLETE = "complete"
    """Every stored transit of the day is sent, accepted, rejected or expired."""
    INCOMPLETE = "incomplete"
    """Some wait for an image, or arrived while the run was under way."""
    FAILED = "failed"
    """The destination, the database or the profile stopped it; what is left is sent by the next run."""
