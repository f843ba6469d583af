# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr console` as a process of its own, as users start it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

from scripts.lab.processes import python
from scripts.repository import REPOSITORY


@contextmanager
def console_process(folder: Path, url: str, checkout: Path = REPOSITORY) -> Iterator[str]:
    """The address of that checkout's console with this database; its data lie in `folder`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANPR_")}
    environment |= {"DATABASE_URL": url, "ANPR_DATA_DIR": str(folder)}
    command = python("-m", "anpr", "console", "--port", "0")
    with Popen(command, cwd=checkout, env=environment, stdout=PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
