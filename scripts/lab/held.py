# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a process holds at this moment: memory, threads, file descriptors."""

import re
import resource
from pathlib import Path

_KB = re.compile(r"^(VmRSS|Threads):\s+(\d+)", re.MULTILINE)


def held_by(pid: int) -> tuple[int, int, int]:
    """Resident memory in kB, number of threads and of open file descriptors, from /proc (proc(5), Linux)."""
    status = dict(_KB.findall(Path(f"/proc/{pid}/status").read_text(encoding="utf-8")))
    return int(status["VmRSS"]), int(status["Threads"]), sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def peak_mb() -> int:
    """The most resident memory that this process ever had, in MiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
