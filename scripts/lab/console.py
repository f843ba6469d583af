# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr console` as a process of its own, as users start it, and a user who logs in there."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import httpx

from scripts.lab.processes import python
from scripts.repository import REPOSITORY

PASSWORD = "a long pass phrase"


@contextmanager
def console_process(folder: Path, url: str, checkout: Path = REPOSITORY, config: Path | None = None) -> Iterator[str]:
    """The address of that checkout's console with this database; its data lie in `folder`, its settings in `config`."""
    with running_console(folder, url, checkout, config) as (address, _pid):
        yield address


@contextmanager
def running_console(
    folder: Path, url: str, checkout: Path = REPOSITORY, config: Path | None = None
) -> Iterator[tuple[str, int]]:
    """The same with the number of its process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANPR_")}
    environment |= {"DATABASE_URL": url, "ANPR_DATA_DIR": str(folder)}
    settings = ("--config", str(config)) if config else ()
    command = python("-m", "anpr", *settings, "console", "--port", "0")
    with Popen(command, cwd=checkout, env=environment, stdout=PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().split()[-1], process.pid
        finally:
            process.terminate()


def logged_in(address: str, user: str) -> httpx.Client:
    """A client with a session of this user, whose password is PASSWORD."""
    client = httpx.Client(base_url=address, timeout=60, limits=httpx.Limits(max_connections=None))
    form = {"form_token": form_token(client, "/login"), "user": user, "password": PASSWORD, "back": "/"}
    assert client.post("/login", data=form).status_code == 303
    return client


def form_token(client: httpx.Client, path: str) -> str:
    """The token that the forms of this page send along."""
    token = re.search(r'form_token" value="(\w+)', client.get(path).text)
    assert token, path
    return token[1]
