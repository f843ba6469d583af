# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fake receiving centre: reads forwarded files from a folder and answers each with a receipt."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from anpr.runtime.background import every
from anpr.runtime.clock import SystemClock

POLL_EVERY_S = 0.3
ACCEPTED, REFUSED, AGAIN = "OK", "NO", "AGAIN"

PROFILE = """\
schema: 1
name: chaos
revision: "1"
status: {stage: example}
transports: [directory]
batch_size: 50
file_name: "T_{day:%Y%m%d}_{batch:05d}.csv"
encoding: {kind: csv, delimiter: ";", column_names: false}
fields:
  - {name: id, source: transit.id, required: true}
  - {name: plate, source: plate, required: true}
  - {name: lane, source: lane, required: true}
answers: {kind: receipt, ok: [OK], permanent: ["NO"], transient: [AGAIN]}
"""


def final_answer(transit_id: UUID) -> str:
    """Answer that a transit gets in the end: one in seventeen is refused."""
    return REFUSED if transit_id.int % 17 == 3 else ACCEPTED


def is_deferred(transit_id: UUID) -> bool:
    """Whether the first answer asks to send it again: another one in seventeen."""
    return transit_id.int % 17 == 5


class ReceivingCentre:
    """Answers files and remembers in which files each transit came."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[UUID, list[str]] = defaultdict(list)
        """Names of files by transit, in order of arrival; a file that came again counts once."""
        self._seen: dict[Path, tuple[int, int]] = {}

    @contextmanager
    def open(self) -> Iterator[None]:
        """Answer files in a thread for the duration of the context."""
        self.folder.mkdir()
        with every(POLL_EVERY_S, self.answer_new, "receiver", SystemClock(), at_once=False):
            yield

    def answer_new(self) -> None:
        """Answer every file that is new or has changed."""
        for path in sorted(self.folder.glob("T_*.csv")):
            found = path.stat()
            mark = (found.st_mtime_ns, found.st_size)
            if self._seen.get(path) != mark:
                self._answer(path)
                self._seen[path] = mark

    def _answer(self, path: Path) -> None:
        with path.open(encoding="utf-8", newline="") as file:
            ids = [UUID(row[0]) for row in csv.reader(file, delimiter=";")]
        lines = []
        for transit in ids:
            if path.name not in self.files[transit]:
                self.files[transit].append(path.name)
            again = is_deferred(transit) and self.files[transit][0] == path.name
            lines.append(f"{transit};{AGAIN if again else final_answer(transit)}\n")
        partial = path.with_name(f".{path.name}.receipt")
        partial.write_text("".join(lines), encoding="utf-8")
        partial.replace(path.with_name(f"{path.name}.esito"))
