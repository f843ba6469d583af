# SPDX-License-Identifier: AGPL-3.0-or-later
"""Count sheet `conta.csv`: one row for each motion event, added to what the person wrote and never over it."""

import csv
import io
from zoneinfo import ZoneInfo

from anpr.accept.count.words import COLUMNS, SIDES
from anpr.accept.folder.files import explained, write_private
from anpr.accept.folder.records import MotionEvent, Side
from anpr.accept.folder.session import RecordedSession
from anpr.accept.folder.workspace import Workspace

_SEPARATORS = (";", ",", "\t")


def lay_out(workspace: Workspace) -> int:
    """Add the rows of every session that is over and has none yet; returns how many.

    Plates are empty: whoever counts must not be told what the reader read. Raises InputError when the sheet cannot be
    read or written.
    """
    added = 0
    for session in workspace.sessions():
        if session.state.is_over and not session.state.laid_out:
            added += _add(workspace, session)
            session.save(laid_out=True)
    return added


def separator_of(header: str) -> str:
    """The separator of a sheet with this first line; spreadsheets change it when they save."""
    return max(_SEPARATORS, key=header.count)


def decoded(data: bytes) -> str:
    """The text of a sheet: UTF-8, or Windows-1252 as older spreadsheets save it. Raises UnicodeDecodeError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def _add(workspace: Workspace, session: RecordedSession) -> int:
    path = workspace.count_path
    before = ""
    if path.exists():
        with explained(path):
            before = decoded(path.read_bytes()).rstrip("\r\n") + "\n"
    separator = separator_of(before.splitlines()[0]) if before.strip() else ";"
    text = io.StringIO()
    rows = csv.writer(text, delimiter=separator, lineterminator="\n")
    if not before.strip():
        before = ""
        rows.writerow(COLUMNS)
    events = session.read(MotionEvent)
    header = next(csv.reader([before.splitlines()[0]], delimiter=separator)) if before else COLUMNS
    for event in events:
        cells = _cells(event, workspace.zone, workspace.site.side)
        rows.writerow([cells.get(name.strip().lower(), "") for name in header])
    write_private(path, (before + text.getvalue()).encode("utf-8-sig"))
    return len(events)


def _cells(event: MotionEvent, zone: ZoneInfo, side: Side | None) -> dict[str, str]:
    local = event.peak.astimezone(zone)
    return {
        "data": f"{local:%Y-%m-%d}",
        "ora": f"{local:%H:%M:%S}",
        "lato": SIDES[side] if side else "",
        "evento": event.label,
    }
