# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rules of the forms that send again: who may, and the reason that they need."""

from typing import Annotated

from fastapi import Depends

from anpr.console.access import Visitor, allowed
from anpr.domain.access import Permission

MAX_REASON = 500
ResenderDep = Annotated[Visitor, Depends(allowed(Permission.RESEND_DELIVERIES))]


def reason_fault(why: str) -> str:
    """What is wrong with the reason, as the end of a key of messages; empty for nothing."""
    if not why.strip():
        return "no_reason"
    return "long_reason" if len(why) > MAX_REASON else ""
