# SPDX-License-Identifier: AGPL-3.0-or-later
"""A document as one self-contained HTML page, printable on A4 with its foot and a number on each page."""

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from anpr.paper.blocks import Document

_TEMPLATES = Path(__file__).resolve().parent / "templates"


def as_html(document: Document) -> bytes:
    """UTF-8 HTML; images are in it."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode("ascii")
    style = (_TEMPLATES / "page.css").read_text(encoding="utf-8") + _foot_style(document.footer)
    return environment.get_template("page.html").render(document=document, style=style).encode("utf-8")


def _foot_style(footer: str) -> str:
    """The foot of each printed page. Whatever is no letter or digit is written as its number, so that no text of a
    site ends the style."""
    text = "".join(each if each.isascii() and each.isalnum() else f"\\{ord(each):06x} " for each in footer)
    left = f'@bottom-left {{ content: "{text}"; }}'
    return f'\n@page {{ {left} @bottom-right {{ content: "pagina " counter(page); }} }}\n'
