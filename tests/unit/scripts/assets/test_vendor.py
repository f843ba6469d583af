# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pins of third-party files."""

from pathlib import Path

from scripts.assets.vendor import Pinned, read_versions


def test_rows_are_read_and_comments_are_not(tmp_path: Path) -> None:
    (tmp_path / "VERSIONS").write_text("# file package\nleaflet.js leaflet 1.9.4 BSD-2-Clause (LICENSE-leaflet) abc\n")
    assert read_versions(tmp_path) == [
        Pinned(name="leaflet.js", package="leaflet", version="1.9.4", licence="LICENSE-leaflet", sha256="abc")
    ]
