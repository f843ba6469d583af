# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stamping of a package, or the reason why it has no stamp: an authority that is away holds no package up."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from anpr.evidence.authority import TimeStampAuthority, open_authority
from anpr.evidence.stamp import StampError, StampFault
from anpr.settings.evidence import TimeStampSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class StampOutcome:
    """The authority's address (empty: none is set up), when it stamped (UTC), or why it did not."""

    authority: str = ""
    at: datetime | None = None
    failure: StampFault | None = None
    detail: str = ""
    """Of the failure, for technicians."""

    @property
    def is_wanted(self) -> bool:
        """Whether an authority is to be asked."""
        return bool(self.authority) and self.failure is None

    @property
    def told(self) -> dict[str, str] | None:
        """What the manifest says; None: no authority is set up. It is signed before it is stamped, so never when."""
        if not self.authority:
            return None
        failed = {"failed": self.failure.value, "detail": self.detail} if self.failure else {}
        return {"authority": self.authority, **failed}

    @property
    def audited(self) -> dict[str, Any]:
        """Details for a row of the audit."""
        if not self.authority:
            return {}
        return {"stamped_at": self.at.isoformat()} if self.at else {"unstamped": self.failure and self.failure.value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamping:
    """What stamps packages. `outcome`: as far as it is known before the authority is asked."""

    outcome: StampOutcome
    _authority: TimeStampAuthority | None = None

    @classmethod
    def of(cls, settings: TimeStampSettings) -> Self:
        """What the settings name; roots that cannot be read are a reason why there is no stamp."""
        outcome = StampOutcome(authority=settings.url or "")
        try:
            return cls(outcome=outcome, _authority=open_authority(settings))
        except StampError as exc:
            return cls(outcome=_failed(outcome, exc))

    @property
    def roots_pem(self) -> bytes:
        """What goes into a package, so that its stamp can be checked."""
        return self._authority.roots_pem if self._authority else b""

    def stamp(self, message: bytes) -> tuple[StampOutcome, bytes]:
        """The authority's answer, or no bytes and why."""
        if self._authority is None:
            return self.outcome, b""
        try:
            answer, stamp = self._authority.stamp(message)
        except StampError as exc:
            return _failed(self.outcome, exc), b""
        return replace(self.outcome, at=stamp.at), answer


def _failed(outcome: StampOutcome, exc: StampError) -> StampOutcome:
    log.warning("evidence: no time stamp from %s: %s", outcome.authority, exc)
    return replace(outcome, failure=exc.fault, detail=str(exc))
