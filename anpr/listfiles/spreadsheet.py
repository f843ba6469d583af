# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sandboxed reading of spreadsheets: a process of its own with limits of memory and time unpacks them (calamine).

A file from outside may be made to fill the memory of whoever unpacks it. What `format` cannot see in its table of
contents ends that process, and the file is refused with a clear error.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import IO, Any

from anpr.listfiles.table import EXIT_REFUSED, MAX_ROWS, FileError, FileFault, Format, Row, Table

LIMIT_S = 300.0
"""A sheet of a million rows takes about 10 s of processor time."""
_COMMAND = (sys.executable, "-P", "-m", "anpr.listfiles.sheet_process")


def read_spreadsheet(name: str, content: bytes, form: Format, sheet: str = "") -> Table:
    """The table of the sheet of this name, or of the first one that is not hidden. Raises InputError."""
    lines = _lines(name, content, sheet)
    head = next(lines, None)
    if head is None:
        raise FileError(FileFault.DAMAGED, f"{name}: the spreadsheet could not be read")
    return Table(format=form, sheet=head["sheet"], other_sheets=head["others"], rows=_rows(name, lines))


def _rows(name: str, lines: Iterator[Any]) -> Iterator[Row]:
    for number, cells in lines:
        if number > MAX_ROWS:
            raise FileError(FileFault.TOO_MUCH, f"{name}: more than {MAX_ROWS} rows")
        yield number, cells


def _lines(name: str, content: bytes, sheet: str) -> Iterator[Any]:
    pipe = subprocess.PIPE
    with subprocess.Popen((*_COMMAND, sheet), stdin=pipe, stdout=pipe, stderr=pipe) as process:
        timer = threading.Timer(LIMIT_S, process.kill)
        timer.daemon = True
        timer.start()
        try:
            _hand_over(process.stdin, content)
            assert process.stdout
            assert process.stderr
            for line in process.stdout:
                yield json.loads(line)
            last = process.stderr.read().decode(errors="replace").strip().rpartition("\n")[2]
            _refuse_failure(name, process.wait(), last)
        finally:
            timer.cancel()
            process.kill()


def _hand_over(stdin: IO[bytes] | None, content: bytes) -> None:
    assert stdin
    try:
        stdin.write(content)
        stdin.close()
    except BrokenPipeError:
        pass  # it has ended: its exit status and last line say why


def _refuse_failure(name: str, status: int, last: str) -> None:
    if status == EXIT_REFUSED:
        raise FileError(_fault_of(last), f"{name}: {last}")
    if status != 0:
        detail = f"{name}: a spreadsheet that needs more memory or time than is allowed; save it as CSV ({status})"
        raise FileError(FileFault.TOO_MUCH, detail)


def _fault_of(last: str) -> FileFault:
    """What the process that unpacked it has said."""
    if "password" in last:
        return FileFault.PROTECTED
    return FileFault.DAMAGED if "damaged" in last or "sheet" in last else FileFault.TOO_MUCH
