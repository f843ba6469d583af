# SPDX-License-Identifier: AGPL-3.0-or-later
"""Screenshot of a conformance report's first page: docs/verbale-di-prova.jpg.

    python -m scripts.docs.conformance_report

The shipped example goes into a folder; everything in the report is invented. Needs chromium (Debian's package) and the
development tools; takes about ten seconds.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

from scripts.command import CannotRunError, Script, finish
from scripts.repository import DOCS

NAME = "verbale-di-prova.jpg"
_SIZE = {"width": 1000, "height": 1100}


@click.command(cls=Script, help=__doc__)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=DOCS, show_default="docs/")
def main(out: Path) -> None:
    """Make a report and take its picture."""
    program = shutil.which("chromium")
    if program is None:
        raise CannotRunError("chromium is not installed here: no screenshot of the report")
    with tempfile.TemporaryDirectory(prefix="anpr-report-") as name, sync_playwright() as playwright:
        page_file = _report(Path(name))
        browser = playwright.chromium.launch(executable_path=program, args=["--headless=new", "--no-sandbox"])
        page = browser.new_page(locale="it-IT", viewport=_SIZE)  # type: ignore[arg-type]  # two numbers
        page.goto(page_file.as_uri())
        out.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=out / NAME, type="jpeg", quality=80)
        browser.close()
    finish({"written": [NAME], "folder": str(out)})


def _report(folder: Path) -> Path:
    settings = folder / "site.yaml"
    settings.write_text(f"data_dir: {folder}/var\nmunicipality: Comune di Esempio\n", encoding="utf-8")
    verb = ["forward", "conformance", "scntt-example", f"directory:{folder}/arrived", "--to", f"{folder}/report"]
    command = [sys.executable, "-m", "anpr", "--config", str(settings), *verb, "--reason", "prova in casa"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotRunError(f"no report was made:\n{done.stderr}")
    return folder / "report" / "report.html"


if __name__ == "__main__":
    main()
