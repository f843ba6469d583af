# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sheet as PDF."""

import re

from anpr.paper.blocks import (
    Arrow,
    Banner,
    Box,
    Diagram,
    Document,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
    Tone,
)
from anpr.paper.html import as_html
from anpr.paper.pdf import as_pdf, foot_within
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


def of(*blocks: Heading | Table | PageBreak | Diagram | Facts, footer: str = "foglio") -> Document:
    return Document(title="Registro", subtitle="Comune", footer=footer, blocks=blocks)


def test_a_cell_longer_than_a_page_goes_on_over_the_next_ones() -> None:
    long = "parola " * 4000
    assert pages(as_pdf(of(Heading("Varchi"), Table(("a", "b"), (("x", long),), (1, 2))))) > 2
    assert pages(as_pdf(of(Facts((("a", long),))))) > 1


def test_a_table_begins_below_its_heading_however_long_it_is() -> None:
    rows = tuple((str(number), "testo") for number in range(60))
    assert pages(as_pdf(of(Heading("Varchi"), Table(("a", "b"), rows, (1, 2))))) == 2


def test_page_breaks_and_diagrams_are_in_both_layouts() -> None:
    diagram = Diagram(30, (Box(0, 0, 40, 20, ("Varchi", "2 <b>")),), (Arrow((40, 10), (60, 10), "video"),), "I flussi")
    document = of(PageBreak(), diagram)
    assert pages(as_pdf(document)) == 2
    html = as_html(document).decode()
    assert "2 &lt;b&gt;</text>" in html
    assert 'aria-label="I flussi"' in html


def test_no_text_of_the_foot_ends_the_style() -> None:
    style = as_html(of(footer='a"; } </style><script>')).decode().partition("</style>")[0]
    assert "\\000022 \\00003b" in style
    assert "script" in style


def test_a_long_foot_is_cut_in_its_middle_and_leaves_room_for_the_page() -> None:
    as_pdf(of())  # its fonts are there
    cut = foot_within(f"Fascicolo {'12345/2026 ' * 20}· anpr 0.1.0", 400)
    assert cut.startswith("Fascicolo 12345/2026")
    assert "…" in cut
    assert cut.endswith("· anpr 0.1.0")
    assert foot_within("Fascicolo 12/2026", 400) == "Fascicolo 12/2026"
