# SPDX-License-Identifier: AGPL-3.0-or-later
"""Icons of the patrol's application, drawn from the console's own: phones want them as PNG, with room to be cut round.

python -m scripts.docs.patrol_icons
"""

import base64

import click

from scripts.command import Script, finish
from scripts.lab.browser import chromium, chromium_path
from scripts.repository import REPOSITORY

SIZES = (192, 512)
_STATIC = REPOSITORY / "anpr" / "console" / "static"
_COLOUR = "#0b4f9e"
_PAGE = """<body style="margin:0;background:{colour}"><img style="display:block;width:{inner}px;margin:{edge}px"
 src="data:image/svg+xml;base64,{drawing}"></body>"""


@click.command(cls=Script)
def main() -> None:
    """Write anpr/console/static/patrol/icon-SIZE.png. Needs Chromium."""
    program = chromium_path()
    if program is None:
        raise click.ClickException("no browser is here (Debian's package chromium)")
    drawing = base64.b64encode((_STATIC / "icon.svg").read_bytes()).decode()
    with chromium(program) as browser:
        for size in SIZES:
            edge = size // 10  # Android cuts away a fifth of each side at most, and the drawing is in the middle
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(_PAGE.format(colour=_COLOUR, inner=size - 2 * edge, edge=edge, drawing=drawing))
            page.screenshot(path=str(_STATIC / "patrol" / f"icon-{size}.png"))
    finish({"icons": len(SIZES)}, [])


if __name__ == "__main__":
    main()
