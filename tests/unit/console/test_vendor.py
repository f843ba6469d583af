# SPDX-License-Identifier: AGPL-3.0-or-later
"""Third-party scripts are exactly what VERSIONS says was published, each with its licence."""

import hashlib
from pathlib import Path

import anpr.console

FOLDER = Path(anpr.console.__file__).parent / "static" / "vendor"


def test_every_file_is_the_one_that_was_published() -> None:
    rows = [line.split() for line in (FOLDER / "VERSIONS").read_text(encoding="utf-8").splitlines()]
    stated = {row[0]: row for row in rows if not row[0].startswith("#")}
    assert set(stated) == {path.name for path in FOLDER.glob("*.js")}
    for name, row in stated.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == row[-1], name
        licence = row[-2].strip("()")
        assert (FOLDER / licence).is_file(), licence


def test_pages_load_nothing_from_elsewhere() -> None:
    templates = (FOLDER.parent.parent / "templates").glob("*.html")
    for path in [*templates, FOLDER.parent / "console.css", *FOLDER.parent.glob("*.js")]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text.replace("// ", "") or "http" not in text, path.name
