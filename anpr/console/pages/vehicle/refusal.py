# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions that were not answered, told in words."""

from anpr.console.field_faults import FieldFault
from anpr.console.search_seats import SearchesBusyError
from anpr.console.state import Console


def notice_of(console: Console, exc: Exception) -> FieldFault:
    """Why there is no answer, and what helps."""
    if isinstance(exc, SearchesBusyError):
        return FieldFault(key="search.busy_user" if exc.by_user else "search.busy")
    return FieldFault(key="vehicle.too_slow", values={"count": f"{console.settings.console.search_timeout_s:g}"})
