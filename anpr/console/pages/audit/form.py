# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fields of the form that filters the audit, as they were sent, and as a filter fills them in."""

from pydantic import BaseModel

from anpr.console.rendering.filters import field_end, field_start
from anpr.console.state import Console
from anpr.store.audit_filter import AuditFilter


class FilterFields(BaseModel):
    """The form as it was sent; what is empty does not narrow."""

    person: str = ""
    operation: str = ""
    plate: str = ""
    case: str = ""
    since: str = ""
    until: str = ""
    reason: str = ""
    """Why one asks for a plate."""


def fields_of(which: AuditFilter, console: Console) -> FilterFields:
    """The form that leads to this filter."""
    zone = console.settings.zone
    return FilterFields(
        person=which.person or "",
        operation=which.operation or "",
        plate=which.plate or "",
        case=which.case or "",
        since=field_start(which.since, zone) if which.since else "",
        until=field_end(which.until, zone) if which.until else "",
    )
