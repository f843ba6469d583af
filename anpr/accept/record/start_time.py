# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a recording began: the date and time in its file name."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from anpr.domain.errors import InputError

_STAMP = re.compile(
    r"(?<!\d)(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})[-_.T ]{0,3}(\d{2})[-_.h]?(\d{2})(?:[-_.m]?(\d{2}))?(?!\d)"
)


def start_time(path: Path, zone: ZoneInfo) -> datetime:
    """When the recording began, UTC: `2026-12-01_08-00-00`, `20261201T080000` and the like in its name, local time in
    `zone`.

    Modification times and the file's own tags are no use: copying changes the first, and many recorders write their
    start-up date into the second. Raises InputError naming the file.
    """
    for found in _STAMP.finditer(path.stem):
        numbers = [int(part or 0) for part in found.groups()]
        try:
            return datetime(*numbers, tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]
        except ValueError:
            continue
    raise InputError(
        f"{path}: its name does not say when it began; rename it like via-roma_2026-12-01_08-00-00.mp4, "
        "or name one file with --start"
    )
