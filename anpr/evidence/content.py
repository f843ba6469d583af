# SPDX-License-Identifier: AGPL-3.0-or-later
"""JSON of a package: transits with all that is stored of them, and rows of the audit as lines."""

from datetime import UTC, datetime
from typing import Any

from anpr.domain.transit import Transit
from anpr.evidence.facts import EvidenceFacts, ImageFact, TransitFact
from anpr.evidence.layout import canonical
from anpr.store.audit_export import line_of, row_fields


def transits_json(facts: EvidenceFacts) -> bytes:
    """`transits.json`: the investigation and each marked transit, in the order in which they were captured."""
    of, made = facts.investigation, facts.made
    return canonical({
        "investigation": {
            "number": of.id, "reference": of.reference, "title": of.title, "authority": of.authority,
            "organisation": of.organisation_id, "author": of.author, "opened_at": _utc(of.opened_at),
            "ended_at": _utc(of.ended_at), "members": [member.name for member in facts.members],
        },
        "made": {"by": made.by, "at": _utc(made.at), "reason": made.reason, "version": made.version},
        "notes": [{"at": _utc(note.at), "author": note.author, "text": note.text} for note in facts.notes],
        "questions": [
            {"at": _utc(each.saved_at), "author": each.author, "text": each.text, "query": dict(each.query)}
            for each in facts.questions
        ],
        "transits": [_transit(fact) for fact in facts.transits],
    })  # fmt: skip


def audit_lines(facts: EvidenceFacts) -> bytes:
    """`audit.jsonl`: each row with the hash of the row before, so that its own can be recomputed."""
    return b"".join(line_of({**row_fields(each.row), "previous": each.previous}) for each in facts.audit)


def _transit(fact: TransitFact) -> dict[str, Any]:
    mark = fact.mark
    told: dict[str, Any] = {
        "id": str(mark.transit_id),
        "captured_at": _utc(mark.captured_at),
        "gate": mark.gate_id,
        "gate_name": fact.gate_name,
        "marked": {"at": _utc(mark.marked_at), "by": mark.marked_by, "note": mark.note},
        "missing": fact.missing and fact.missing.value,
    }
    if fact.stored is None:
        return told
    return told | {
        **_read(fact.stored.transit),
        "received_at": _utc(fact.stored.received_at),
        "signature": fact.stored.signature and fact.stored.signature.value,
        "states": [
            {"kind": each.kind.value, "id": each.id, "state": each.state, "since": _utc(each.since)}
            for each in fact.states
        ],
        "holds": [
            {"number": each.id, "case": each.case_reference, "ends_on": each.ends_on.isoformat()} for each in fact.holds
        ],
        "images": [_image(image) for image in fact.images],
    }


def _read(transit: Transit) -> dict[str, Any]:
    box = transit.box
    return {
        "camera": transit.camera_id,
        "reader": transit.reader_id,
        "first_seen": _utc(transit.first_seen),
        "last_seen": _utc(transit.last_seen),
        "plate": transit.plate,
        "raw": transit.raw,
        "confidence": transit.confidence,
        "candidates": [{"text": each.text, "probability": each.probability} for each in transit.candidates],
        "reads": transit.reads,
        "box": {"x": box.x, "y": box.y, "w": box.w, "h": box.h},
        "country": transit.country,
        "direction": transit.direction and transit.direction.value,
        "lane": transit.lane,
        "software": transit.software,
    }


def _image(image: ImageFact) -> dict[str, Any]:
    return {
        "role": image.role.value,
        "size": image.size,
        "sha256_at_the_edge": image.edge_sha256,
        "sha256_now": image.sha256_now or None,
        "file": image.file or None,
        "copy": image.copy or None,
        "missing": image.missing and image.missing.value,
    }


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None
