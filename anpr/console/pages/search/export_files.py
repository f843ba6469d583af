# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of an export: rows for a spreadsheet, points for a map, a sheet of images on paper; each says whose it is."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException

from anpr.console.coverage import Coverage
from anpr.console.image_bytes import thumbnail_bytes
from anpr.console.pages.search.chips import chips_of
from anpr.console.pages.search.export_coverage import coverage_facts
from anpr.console.rendering.filters import field_end, field_start, local_moment, percent
from anpr.console.rendering.translations import Catalogue
from anpr.console.state import Console
from anpr.domain.gate import Gate
from anpr.domain.organisation import Action
from anpr.domain.spreadsheet import as_text, csv_bytes
from anpr.domain.transit import ImageRole, Transit
from anpr.paper.blocks import Block, Document, Facts, Figure, Paragraph
from anpr.store.organisations.rights import may_at_gate
from anpr.store.transits.recorded_search import RecordedSearch
from anpr.store.transits.rows import StoredTransit

_COLUMNS = ("captured", "captured_utc", "plate", "country", "gate", "camera", "direction", "lane", "confidence", "id")


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportFile:
    """What goes into a file. `at`: when it is made (UTC); `is_cut`: as many transits as fit, and there may be more."""

    search: RecordedSearch
    author: str
    at: datetime
    zone: ZoneInfo
    found: Sequence[StoredTransit]
    is_cut: bool
    gates: Mapping[str, Gate]
    coverage: Coverage
    t: Catalogue

    def gate_name(self, gate_id: str) -> str:
        """What people call it."""
        gate = self.gates.get(gate_id)
        return gate.name if gate else gate_id

    def about(self) -> list[tuple[str, str]]:
        """Who made it, when, why, what was asked, and what could not be seen: labels and values."""
        search, t = self.search, self.t
        names = {gate_id: gate.name for gate_id, gate in self.gates.items()}
        since = field_start(search.query.since, self.zone) if search.query.since else t("search.from_oldest")
        until = field_end(search.query.until, self.zone) if search.query.until else local_moment(search.at, self.zone)
        told = [
            ("about_search", str(search.number)),
            ("about_author", self.author),
            ("about_at", local_moment(self.at, self.zone)),
            ("about_reason", ": ".join(filter(None, [search.reason_kind, search.reason]))),
            ("about_case", search.case_reference),
            ("about_asked", " · ".join(chip.text for chip in chips_of(search.query, t, names))),
            ("about_range", t("search.range", since=since, until=until)),
            ("about_count", str(len(self.found)) + (f" ({t('search.about_cut')})" if self.is_cut else "")),
            *coverage_facts(self.coverage, t, names, self.zone),
        ]
        return [(t(f"search.{key}"), value) for key, value in told if value]


def csv_file(file: ExportFile) -> bytes:
    """One row for each transit, and behind an empty row whose file it is. What people wrote is marked as text."""
    header = [file.t(f"search.column_{name}") for name in _COLUMNS]
    rows = [_row(file, each.transit) for each in file.found]
    about = [[as_text(label), as_text(value)] for label, value in file.about()]
    return csv_bytes([header, *rows, [], *about])


def _row(file: ExportFile, transit: Transit) -> list[object]:
    return [
        local_moment(transit.captured_at, file.zone),
        transit.captured_at.isoformat(),
        as_text(transit.plate),
        as_text(transit.country or ""),
        as_text(file.gate_name(transit.gate_id)),
        as_text(transit.camera_id),
        file.t(f"direction.{transit.direction}") if transit.direction else "",
        as_text(transit.lane or ""),
        f"{transit.confidence:.3f}".replace(".", ","),
        str(transit.id),
    ]


def geojson_file(file: ExportFile) -> bytes:
    """RFC 7946: a point for each transit at its gate, without geometry where the gate has no coordinates."""
    features = [_feature(file, each.transit) for each in file.found]
    whole = {"type": "FeatureCollection", "about": dict(file.about()), "features": features}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def _feature(file: ExportFile, transit: Transit) -> dict[str, object]:
    gate = file.gates.get(transit.gate_id)
    has_place = gate is not None and gate.latitude is not None and gate.longitude is not None
    point = {"type": "Point", "coordinates": [gate.longitude, gate.latitude]} if gate and has_place else None
    told = {
        "plate": transit.plate,
        "country": transit.country,
        "captured_at": transit.captured_at.isoformat(),
        "gate": transit.gate_id,
        "gate_name": file.gate_name(transit.gate_id),
        "camera": transit.camera_id,
        "direction": transit.direction,
        "lane": transit.lane,
        "confidence": round(transit.confidence, 4),
    }
    return {"type": "Feature", "id": str(transit.id), "geometry": point, "properties": told}


def sheet_document(console: Console, file: ExportFile) -> Document:
    """A contact sheet: both images of each transit with what was read, as far as they are kept and may be viewed."""
    t, when = file.t, local_moment(file.at, file.zone)
    blocks: list[Block] = [Facts(tuple(file.about())), Paragraph(t("search.sheet_note"))]
    blocks += _figures(console, file)
    return Document(
        title=t("search.sheet_title"),
        subtitle=console.settings.municipality,
        footer=t("search.sheet_footer", number=file.search.number, author=file.author, time=when),
        blocks=tuple(blocks),
    )


def _figures(console: Console, file: ExportFile) -> Iterator[Block]:
    viewable = _viewable(console, {each.transit.gate_id for each in file.found})
    for number, stored in enumerate(file.found, start=1):
        transit = stored.transit
        images = _images(console, transit) if transit.gate_id in viewable else ()
        words = [
            f"{number}. {transit.plate}",
            local_moment(transit.captured_at, file.zone),
            file.gate_name(transit.gate_id),
            file.t(f"direction.{transit.direction}") if transit.direction else "",
            percent(transit.confidence),
            "" if images else file.t("image.none"),
            str(transit.id),
        ]
        yield Figure(" · ".join(filter(None, words)), images)


def _viewable(console: Console, gate_ids: set[str]) -> set[str]:
    with console.database.transaction() as conn:
        return {each for each in gate_ids if may_at_gate(conn, Action.PICTURES, each)}


def _images(console: Console, transit: Transit) -> tuple[bytes, ...]:
    """Those that have arrived and are as they were taken."""
    found = []
    roles = {image.role for image in transit.images}
    for role in (ImageRole.CONTEXT, ImageRole.PLATE):
        try:
            found += [thumbnail_bytes(console, transit, role)] if role in roles else []
        except HTTPException:
            continue
    return tuple(found)
