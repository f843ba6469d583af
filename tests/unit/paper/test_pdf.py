# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sheet as PDF."""

import re

from anpr.paper.blocks import Banner, Document, Facts, Figure, Heading, Paragraph, Signatures, Table, Tone
from anpr.paper.pdf import as_pdf
from tests.support.acceptance import jpeg


def document(figures: int) -> Document:
    return Document(
        title="Scheda",
        subtitle="Comune di Prova",
        footer="foglio",
        blocks=(
            Banner("superato", Tone.GOOD),
            Heading("Dati"),
            Facts((("Note", "più di 98 % ≥ <b> & è"),)),
            Table(("a", "b"), tuple((str(number), "x\ny") for number in range(60))),
            Heading("Letture errate"),
            *(Figure("didascalia", (jpeg(), jpeg())) for _ in range(figures)),
            Figure("senza immagini", ()),
            Paragraph("fine"),
            Signatures((("Il tecnico", ""), ("Per l'ente", "A. Bianchi"))),
        ),
    )


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def test_every_kind_of_block_is_laid_out_over_as_many_pages_as_it_takes() -> None:
    few, many = as_pdf(document(1)), as_pdf(document(40))

    assert pages(few) >= 2
    assert pages(many) >= pages(few) + 4
    assert b"/Lang" in few
