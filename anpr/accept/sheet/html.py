# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sheet as one self-contained HTML page, printable on A4."""

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from anpr.accept.sheet.blocks import Document

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
    style = (_TEMPLATES / "sheet.css").read_text(encoding="utf-8")
    return environment.get_template("sheet.html").render(document=document, style=style).encode("utf-8")
