# SPDX-License-Identifier: AGPL-3.0-or-later
"""The retention report as lines of text and as one JSON object."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from anpr.cli.common.counted import counted
from anpr.settings import RetentionSettings, Settings
from anpr.store.retention_report import FilesOfGate, GateRetention, PurposeRetention, RetentionReport

Files = Mapping[str, FilesOfGate] | None
"""By gate; None when they were not counted."""


def as_json_text(report: RetentionReport, files: Files, retention: RetentionSettings) -> str:
    """Times in UTC; `files` is null when they were not counted; `days` of each purpose as they are set."""
    purposes = [asdict(each) | {"days": retention.days_of(each.purpose)} for each in report.purposes]
    found = None if files is None else {gate: asdict(each) for gate, each in files.items()}
    values = asdict(report) | {"purposes": purposes, "files": found}
    return json.dumps(values, ensure_ascii=False, default=datetime.isoformat)


def as_lines(report: RetentionReport, files: Files, settings: Settings) -> Iterator[str]:
    """A line for each purpose, gate, table and deletion; times in the site's zone."""
    zone = settings.zone
    for purpose in report.purposes:
        yield _purpose_line(purpose, report.since, settings)
    for gate in report.gates:
        yield _gate_line(gate, zone)
        if files is not None:
            found = files.get(gate.gate_id, FilesOfGate(files=0, bytes=0))
            yield f"  on the shelf: {counted(found.files, 'file')}, {found.bytes} bytes"
    for gate_id in sorted(set(files or {}) - {gate.gate_id for gate in report.gates}):
        found = (files or {})[gate_id]
        what = f"{counted(found.files, 'file')}, {found.bytes} bytes"
        yield f"on the shelf, of a gate that no row names: {gate_id}: {what}"
    for table in report.tables:
        yield f"{table.name}: {counted(table.rows, 'row')}{_oldest(table.oldest, zone)}"
    for deletion in report.deletions:
        detail = json.dumps(deletion.detail, ensure_ascii=False)
        yield f"deleted {_local(deletion.at, zone)} (row {deletion.seq} of the audit): {detail}"


def _purpose_line(found: PurposeRetention, since: datetime, settings: Settings) -> str:
    names = {each.id: each.name for each in settings.retention.purposes}
    name = f" ({names[found.purpose]})" if found.purpose in names else " (no longer in the settings)"
    what = f"purpose {found.purpose}{name}" if found.purpose else "no purpose, or stored before its gate named one"
    days = settings.retention.days_of(found.purpose)
    dropped = f"{counted(found.dropped_transits, 'transit')} and {counted(found.dropped_images, 'image')}"
    return (
        f"{what}: {days} day{'s' * (days > 1)}: {counted(found.transits, 'transit')}"
        f"{_oldest(found.oldest, settings.zone)}, {counted(found.images, 'image')} of {found.image_bytes} bytes,"
        f" {found.discarded} counted and not kept;"
        f" deleted since {_local(since, settings.zone)}: {dropped}"
    )


def _gate_line(gate: GateRetention, zone: ZoneInfo) -> str:
    purpose = f"purpose {gate.purpose}, " if gate.purpose else ""
    return (
        f"gate {gate.gate_id}: {purpose}keeps {gate.keep}: {counted(gate.transits, 'transit')}"
        f"{_oldest(gate.oldest, zone)}, {counted(gate.images, 'image')} of {gate.image_bytes} bytes,"
        f" {gate.discarded} counted and not kept"
    )


def _oldest(moment: datetime | None, zone: ZoneInfo) -> str:
    return f", oldest {_local(moment, zone)}" if moment else ""


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(" ", "seconds")
