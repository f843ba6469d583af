# SPDX-License-Identifier: AGPL-3.0-or-later
"""Content of an export for the person concerned: what art. 11(1) of D.Lgs. 51/2018 asks for, as JSON. Times in UTC."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from anpr.console.pages.requests.pictures import Choice
from anpr.console.rendering.translations import Catalogue
from anpr.domain.gate import Gate
from anpr.domain.subject_request import SubjectRequest
from anpr.settings import RetentionSettings, Settings
from anpr.store.requests.subject_data import SubjectData

Part = Literal["transits", "forwarded", "alarms", "entries", "holds"]
"""What may be disclosed or left out."""
VERSION = 2
"""2: days by transit, and their range; version 1 had those of the gates' purposes of that day."""
_LEFT_OUT = {"none": "requests.no_images", "plate": "requests.no_scenes"}


def content_of(  # noqa: PLR0913, PLR0917  all that a file says
    settings: Settings,
    request: SubjectRequest,
    data: SubjectData,
    gates: Mapping[str, Gate],
    at: datetime,
    parts: Collection[Part],
    t: Catalogue,
    pictures: Choice = "none",
) -> dict[str, Any]:
    """The whole file. It does not say which parts were left out: that one was would give it away."""
    writers: dict[Part, Any] = {
        "transits": lambda data: _transits(data, settings.retention),
        "forwarded": _forwarded,
        "alarms": _alarms,
        "entries": _entries,
        "holds": _holds,
    }
    named = {stored.transit.gate_id for stored in data.transits} if "transits" in parts else set()
    return {
        "anpr_subject_data": VERSION,
        "municipality": settings.municipality,
        "exported_at": _time(at),
        "request": {
            "number": request.id,
            "reference": request.reference,
            "received_on": request.received_on.isoformat(),
            "kind": str(request.kind),
            "plate": data.plate,
        },
        "gates": [_gate(gates[gate_id]) for gate_id in sorted(named) if gate_id in gates],
        "retention_days": _range(days_kept(data, settings.retention) if "transits" in parts else None),
        "is_complete": not data.is_cut,
        "left_out": [*([] if pictures == "all" else [t(_LEFT_OUT[pictures])]), t("requests.may_be_limited")],
        "rights": t("requests.rights"),
        **{part: writers[part](data) for part in writers if part in parts},
    }


def days_kept(data: SubjectData, retention: RetentionSettings) -> tuple[int, int] | None:
    """The fewest and the most days that any of these transits is kept: each by the purpose that it was stored with, and
    not by its gate's of today. None without transits."""
    days = {retention.days_of(purpose) for purpose in data.purposes.values()}
    return (min(days), max(days)) if days else None


def _range(days: tuple[int, int] | None) -> dict[str, int] | None:
    return {"least": days[0], "most": days[1]} if days else None


def _gate(gate: Gate) -> dict[str, Any]:
    return {"id": gate.id, "name": gate.name, "purpose": gate.purpose, "legal_basis": gate.legal_basis}


def _transits(data: SubjectData, retention: RetentionSettings) -> list[dict[str, Any]]:
    return [
        {
            "id": str(transit.id),
            "captured_at": _time(transit.captured_at),
            "gate": transit.gate_id,
            "camera": transit.camera_id,
            "lane": transit.lane,
            "direction": str(transit.direction) if transit.direction else None,
            "plate": transit.plate,
            "raw": transit.raw,
            "country": transit.country,
            "confidence": transit.confidence,
            "retention_purpose": data.purposes[transit.id] or None,
            "retention_days": retention.days_of(data.purposes[transit.id]),
            "images": sorted(str(image.role) for image in transit.images),
        }
        for transit in (stored.transit for stored in data.transits)
    ]


def _forwarded(data: SubjectData) -> list[dict[str, Any]]:
    return [
        {
            "transit": str(each.transit_id),
            "destination": each.destination,
            "state": str(each.state),
            "sent_at": _time(each.sent_at) if each.sent_at else None,
        }
        for each in data.forwarded
    ]


def _alarms(data: SubjectData) -> list[dict[str, Any]]:
    return [
        {
            "captured_at": _time(each.sighting.captured_at),
            "gate": each.sighting.gate_id,
            "plate": each.sighting.plate,
            "listed_plate": each.sighting.entry_plate,
            "watchlist": each.sighting.watchlist_id,
            "alarm": each.sighting.alarm_id,
            "state": str(each.state) if each.state else "suppressed",
            "outcome": str(each.outcome) if each.outcome else None,
        }
        for each in data.alarms
    ]


def _entries(data: SubjectData) -> list[dict[str, Any]]:
    return [
        {
            "watchlist": entry.watchlist_name,
            "listed_plate": entry.plate,
            "reason": entry.reason,
            "valid_from": _time(entry.valid_from) if entry.valid_from else None,
            "valid_to": _time(entry.valid_to) if entry.valid_to else None,
        }
        for entry in data.entries
    ]


def _holds(data: SubjectData) -> list[dict[str, Any]]:
    return [{"case": hold.case_reference, "ends_on": hold.ends_on.isoformat()} for hold in data.holds]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
