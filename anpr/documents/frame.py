# SPDX-License-Identifier: AGPL-3.0-or-later
"""Frame of every document: its title, for whom, and the foot that says when and from what it was made."""

from collections.abc import Iterable
from datetime import datetime

from anpr.documents.facts import SiteFacts
from anpr.documents.words import NONE
from anpr.paper.blocks import Block, Document, Facts, Table


def framed(facts: SiteFacts, title: str, blocks: Iterable[Block]) -> Document:
    """The document of these blocks; what it was made from comes last."""
    made = local_time(facts, facts.made_at)
    whom = facts.organisations[0].name if len(facts.organisations) == 1 else "tutti gli enti"
    subtitle = facts.municipality if whom in {facts.municipality, ""} else f"{facts.municipality} · {whom}"
    return Document(
        title=title,
        subtitle=subtitle,
        footer=f"{made} · anpr {facts.version} · impostazioni {facts.settings_digest[:16]}",
        blocks=(*blocks, _origin(facts, made)),
    )


def local_time(facts: SiteFacts, at: datetime) -> str:
    """`01/12/2026 08:03` in the site's time."""
    return f"{at.astimezone(facts.zone):%d/%m/%Y %H:%M}"


def table_of(header: tuple[str, ...], rows: Iterable[tuple[str, ...]], widths: tuple[int, ...]) -> Table:
    """A table of text; without rows, one row of dashes, so that nothing reads like something left out."""
    return Table(header, tuple(rows) or ((NONE,) * len(header),), widths)


def _origin(facts: SiteFacts, made: str) -> Facts:
    whose = " (quelle del processo console)" if facts.by_console else ""
    return Facts(
        (
            ("Documento", f"scritto il {made} da anpr {facts.version}, da ciò che il sistema ha in uso"),
            ("Impostazioni", f"SHA-256 {facts.settings_digest}{whose}"),
        )
    )
