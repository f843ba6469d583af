# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writer: each document as HTML and PDF in a folder, replaced in one step."""

import os
from collections.abc import Callable
from pathlib import Path

from anpr.documents.dossier import dossier
from anpr.documents.ending import ending
from anpr.documents.facts import SiteFacts
from anpr.documents.impact import impact
from anpr.documents.notices import notices
from anpr.documents.register import register
from anpr.domain.errors import InputError
from anpr.paper.blocks import Document
from anpr.paper.html import as_html
from anpr.paper.pdf import as_pdf

DOCUMENTS: dict[str, Callable[[SiteFacts], Document]] = {
    "registro": register,
    "dpia-bozza": impact,
    "informative": notices,
    "dossier-comitato": dossier,
    "scadenze": ending,
}
"""By the name of their files."""


def write_documents(facts: SiteFacts, folder: Path) -> list[Path]:
    """The files, for their owner only. Raises InputError naming the folder or file that cannot be written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise InputError(f"--folder: {folder}: {exc.strerror or exc}") from exc
    written = []
    for name, contents in DOCUMENTS.items():
        document = contents(facts)
        for suffix, layout in ((".html", as_html), (".pdf", as_pdf)):
            written.append(_write(folder / f"{name}{suffix}", layout(document)))
    return written


def _write(path: Path, data: bytes) -> Path:
    part = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        part.replace(path)
    except OSError as exc:
        raise InputError(f"--folder: {path}: {exc.strerror or exc}") from exc
    return path
