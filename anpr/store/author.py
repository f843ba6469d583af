# SPDX-License-Identifier: AGPL-3.0-or-later
"""Author of a change: whom its row in the audit names, and when it was made."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Who changes something, and when (UTC)."""

    name: str
    at: datetime
