# SPDX-License-Identifier: AGPL-3.0-or-later
"""Draws the demo's clips, as `anpr up` does by itself: `python -m scripts.docs.draw_demo_clips FOLDER`."""

from pathlib import Path

import click

from anpr.demo.clips import ensure_clips
from scripts.command import Script, finish, log


@click.command(cls=Script, help=__doc__)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    finish({"clips": [str(path) for path in ensure_clips(folder, log)]})


if __name__ == "__main__":
    main()
