# SPDX-License-Identifier: AGPL-3.0-or-later
"""PDF made in a process of its own: one at a time, ended at a time limit, so that a long one holds up nothing else.

ReportLab is pure Python: in a thread it would share the interpreter's lock with whoever serves pages, and no thread can
be ended from outside.
"""

import pickle
import subprocess
import sys
import threading

from anpr.domain.errors import PaperError, PaperFault
from anpr.paper.blocks import Document
from anpr.paper.pdf import as_pdf

LIMIT_S = 60.0
"""A register of 200 gates takes about 2 s."""
_COMMAND = (sys.executable, "-P", "-m", "anpr.paper.apart")


class PdfPress:
    """Makes one PDF at a time."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._lock = threading.Lock()

    def print(self, document: Document) -> bytes:
        """The PDF file. Raises PaperError when another one is being made, it takes too long, or it fails."""
        if not self._lock.acquire(blocking=False):
            raise PaperError(PaperFault.BUSY, "another PDF is being made")
        try:
            return _apart(document, self._limit_s)
        finally:
            self._lock.release()


def _apart(document: Document, limit_s: float) -> bytes:
    try:
        made = subprocess.run(_COMMAND, input=pickle.dumps(document), capture_output=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired as exc:
        raise PaperError(PaperFault.TOO_LONG, f"{document.title}: no PDF within {limit_s:.0f} s") from exc
    except OSError as exc:
        raise PaperError(PaperFault.FAILED, f"{document.title}: {exc.strerror or exc}") from exc
    if made.returncode != 0:
        last = made.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise PaperError(PaperFault.FAILED, f"{document.title}: exit {made.returncode}: {last}")
    return made.stdout


if __name__ == "__main__":  # what is read was written by this very program, in the process above
    sys.stdout.buffer.write(as_pdf(pickle.loads(sys.stdin.buffer.read())))
