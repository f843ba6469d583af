# SPDX-License-Identifier: AGPL-3.0-or-later
"""Completeness report as lines of text and as files in a folder."""

from collections.abc import Iterator
from pathlib import Path

from anpr.domain.completeness import Shortfall
from anpr.domain.delivery import DeliveryState
from anpr.store.accounting.reports import ArchivedReport, ReportFiles


def report_lines(report: ArchivedReport) -> Iterator[str]:
    """Verdict, sums and what falls short."""
    figures = report.figures
    yield f"{report.organisation_id} {report.day.isoformat()} revision {report.revision}: {report.verdict}"
    names = ("numbered", "unnumbered", "recovered", "stored", "discarded", "refused", "duplicates", "late")
    sums = {name: sum(line[name] for line in figures["came"]) for name in names}
    yield "  came: " + ", ".join(f"{name} {number}" for name, number in sums.items())
    for line in figures["destinations"]:
        parts = {
            **{state: line["states"].get(state, 0) for state in DeliveryState},
            **line["withheld"],
            "not in the ledger": line["not_listed"],
        }
        terms = " + ".join(f"{name} {number}" for name, number in parts.items())
        yield f"  {line['destination']}: stored {line['stored']} = {terms}; difference {line['difference']}"
    for kind in Shortfall:
        if kind in figures["shortfalls"]:
            yield f"  {kind}: {figures['shortfalls'][kind]}"


def write_files(files: ReportFiles, folder: Path, report: ArchivedReport) -> Iterator[str]:
    """Write the report's files, manifest and signature; yields each path. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"completeness-{report.organisation_id}-{report.day.isoformat()}-{report.revision}"
    parts = {
        "html": files.html,
        "pdf": files.pdf,
        "csv": files.csv,
        "manifest.json": files.manifest,
        "signature.txt": files.signature.hex().encode() + b"\n",
    }
    for ending, data in parts.items():
        path = folder / f"{stem}.{ending}"
        path.write_bytes(data)
        yield str(path)
