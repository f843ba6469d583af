# SPDX-License-Identifier: AGPL-3.0-or-later
"""Screenshots of the console with the demo of `make run`: docs/console-alarms.jpg and docs/console-transit.jpg.

    python -m scripts.docs.screenshots

Streets and plates are drawn. Needs chromium (Debian's package) and the development tools; takes about half a minute.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from playwright.sync_api import Page, sync_playwright

from anpr.store.users.first_logins import Login, read_logins
from scripts.command import CannotRunError, Script, finish, log
from scripts.repository import DOCS

WIDTH_PX = 1440
WITHIN_MS = 90_000
_DECODE = "images => Promise.all(images.map(image => image.decode()))"


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A running demo."""

    url: str
    login: Login


@click.command(cls=Script, help=__doc__)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=DOCS, show_default="docs/")
def main(out: Path) -> None:
    """Start the demo, look at two pages, and stop it."""
    program = shutil.which("chromium")
    if program is None:
        raise CannotRunError("chromium is not installed here: no screenshots of the console")
    out.mkdir(parents=True, exist_ok=True)
    with running_demo() as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--headless=new", "--no-sandbox"])
        page = browser.new_page(locale="it-IT", timezone_id="Europe/Rome")
        page.set_default_timeout(WITHIN_MS)
        _log_in(page, demo)
        page.locator("#live").wait_for()
        page.goto(f"{demo.url}/alarms?view=rows")
        page.locator("article.alarm-detail img").first.wait_for()
        _save(page, out / "console-alarms.jpg", height_px=960)
        page.locator("article.alarm-detail a[data-transit]").first.click()
        page.locator("svg.scene").wait_for()
        _save(page, out / "console-transit.jpg", height_px=960)
        browser.close()
    finish({"written": ["console-alarms.jpg", "console-transit.jpg"], "folder": str(out)})


@contextlib.contextmanager
def running_demo() -> Iterator[Demo]:
    """`anpr up` in a folder of its own, once its console answers. Raises CannotRunError when it does not come up."""
    with tempfile.TemporaryDirectory(prefix="anpr-screenshots-") as folder:
        environment = {**os.environ, "ANPR_DATA_DIR": folder, "ANPR_CONSOLE__PORT": "0"}
        command = [sys.executable, "-m", "anpr", "up"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield when_it_answers(process, Path(folder))
            finally:
                process.send_signal(signal.SIGINT)
                process.communicate()


def when_it_answers(process: "subprocess.Popen[str]", folder: Path) -> Demo:
    """Read what it says up to the line after which people can log in. Raises CannotRunError when it ends before."""
    url, said = "", []
    for line in process.stderr or ():
        said.append(line)
        if line.strip().startswith("console "):
            url = line.split()[-1]
        if "Ctrl-C stops everything" in line:
            return Demo(url=url, login=read_logins(folder)[0])
    raise CannotRunError("the demo did not start:\n" + "".join(said[-20:]))


def _log_in(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/login")
    page.get_by_label("Nome utente").fill(demo.login.name)
    page.get_by_label("Password").fill(demo.login.password)
    page.get_by_role("button", name="Accedi").click()
    wanted = secrets.token_urlsafe(16)  # the first password is good for choosing one's own only
    page.get_by_label("Password attuale").fill(demo.login.password)
    page.get_by_label("Nuova password", exact=True).fill(wanted)
    page.get_by_label("Ripeti la nuova password").fill(wanted)
    with page.expect_navigation():  # another page would break the change off
        page.get_by_role("button", name="Cambia la password").click()
    page.goto(demo.url)


def _save(page: Page, path: Path, height_px: int) -> None:
    page.set_viewport_size({"width": WIDTH_PX, "height": height_px})
    page.wait_for_load_state("load")  # an open stream of alarms never lets the network rest
    page.locator("img").evaluate_all(_DECODE)
    page.screenshot(path=path, type="jpeg", quality=85)
    log(f"wrote {path}")


if __name__ == "__main__":
    main()
