# SPDX-License-Identifier: AGPL-3.0-or-later
"""Record of a delivery on a medium (verbale di consegna), in Italian, to be printed and signed by both."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from anpr.paper.blocks import Document, Facts, Heading, Paragraph, Signatures

_VERIFY = (
    "L'archivio si verifica su qualunque computer con il programma anpr installato, senza rete e senza banca dati:"
    " anpr evidence verify ARCHIVIO.zip --public-key CHIAVE. La chiave pubblica del sito va chiesta al comando per"
    " un'altra via; la sua impronta è quella scritta qui."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What was handed to whom. `sha256` and `size` (bytes) are those of the archive; `row`: of the audit."""

    reference: str
    title: str
    authority: str
    municipality: str
    organisation: str
    archive: str
    sha256: str
    size: int | None
    stamped_at: datetime | None
    key_fingerprint: str
    by: str
    to: str
    medium: str
    at: datetime
    row: int
    version: str
    zone: ZoneInfo


def receipt(delivery: Delivery) -> Document:
    """One page with lines for two signatures."""
    of = delivery
    where = " · ".join(dict.fromkeys(part for part in (of.municipality, of.organisation) if part))
    stamp = f"{of.stamped_at.astimezone(UTC):%d/%m/%Y %H:%M:%S} UTC" if of.stamped_at else "nessuna"
    size = f"{of.size / 1_000_000:.1f} MB".replace(".", ",") if of.size is not None else "–"
    return Document(
        title="Verbale di consegna",
        subtitle=where,
        footer=f"Fascicolo {of.reference} · riga {of.row} del registro · anpr {of.version}",
        blocks=(
            Facts((
                ("Fascicolo", f"{of.reference} – {of.title}"),
                ("Autorità", of.authority or "–"),
                ("Consegnato il", f"{of.at.astimezone(of.zone):%d/%m/%Y %H:%M}"),
                ("Consegnato da", of.by),
                ("Consegnato a", of.to),
                ("Supporto", of.medium),
            )),
            Heading("Che cosa è stato consegnato"),
            Facts((
                ("Archivio", of.archive),
                ("Dimensione", size),
                ("SHA-256", of.sha256),
                ("Marca temporale", stamp),
                ("Chiave del sito", f"impronta {of.key_fingerprint}"),
                ("Registro", f"la consegna è la riga {of.row} del registro degli accessi"),
            )),
            Paragraph(_VERIFY),
            Heading("Firme"),
            Signatures((("Chi consegna", of.by), ("Chi riceve", of.to))),
        ),
    )  # fmt: skip
