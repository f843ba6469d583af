# SPDX-License-Identifier: AGPL-3.0-or-later
"""Third-party scripts are exactly what VERSIONS says was published, each with its licence."""

import hashlib
import json
from pathlib import Path

import anpr.console
from scripts.assets.vendor import read_versions

FOLDER = Path(anpr.console.__file__).parent / "static" / "vendor"


def test_every_file_is_the_one_that_was_published() -> None:
    stated = {pinned.name: pinned for pinned in read_versions(FOLDER)}
    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert set(stated) == {name for name in files if name != "VERSIONS" and not name.startswith("LICENSE-")}
    for name, pinned in stated.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == pinned.sha256, name
        assert (FOLDER / pinned.licence).is_file(), pinned.licence
    assert {name for name in files if name.startswith("LICENSE-")} == {pinned.licence for pinned in stated.values()}


def test_the_background_of_maps_is_small_and_holds_italy() -> None:
    data = (FOLDER / "map" / "italy.json").read_bytes()
    outline = json.loads(data)
    assert len(data) <= 500_000
    assert outline["towns"][0][0] == "Roma"
    rings = [part[0] for part in outline["italy"]]
    assert len(rings) >= 3, "a mainland, Sicily and Sardinia"
    assert all(34 < lat < 49 and 4 < lon < 21 for ring in rings for lat, lon in ring)


def test_pages_load_nothing_from_elsewhere() -> None:
    templates = (FOLDER.parent.parent / "templates").glob("*.html")
    for path in [*templates, FOLDER.parent / "console.css", *FOLDER.parent.glob("*.js")]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text.replace("// ", "") or "http" not in text, path.name
