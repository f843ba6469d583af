# SPDX-License-Identifier: AGPL-3.0-or-later
"""Report: reads sessions and count, judges, and writes the sheet as HTML, PDF and JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anpr.accept.count.read_count import read_count
from anpr.accept.folder.files import write_private
from anpr.accept.folder.records import RecordedTransit
from anpr.accept.folder.workspace import Workspace
from anpr.accept.judge.figures import FigureGroup, Measure, figures
from anpr.accept.judge.light import LightAt
from anpr.accept.judge.match import match
from anpr.accept.judge.verdict import Judgement, judge, overall
from anpr.accept.sheet.contents import Findings, SheetFacts, sheet_document
from anpr.accept.sheet.details import details
from anpr.domain.errors import InputError
from anpr.paper.html import as_html
from anpr.paper.pdf import as_pdf
from anpr.runtime.clock import Clock

HTML, PDF, JSON = "collaudo.html", "collaudo.pdf", "collaudo.json"


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What the report is to answer."""

    light_at: LightAt
    thresholds: Mapping[Measure, float]
    """0 to 1; empty for a sheet without a verdict."""
    facts: SheetFacts


def write_report(workspace: Workspace, question: ReportOptions, clock: Clock) -> Findings:
    """Write the three files into the folder; what was found. Raises InputError naming what is missing or wrong."""
    findings = find(workspace, question)
    facts = question.facts
    shown = details(workspace, findings.matching, facts.tolerance_s) if facts.shows_plates else []
    document = sheet_document(workspace, findings, facts, shown, clock.now())
    write_private(workspace.path / HTML, as_html(document))
    write_private(workspace.path / PDF, as_pdf(document))
    write_private(workspace.path / JSON, json.dumps(as_object(findings), indent=1).encode())
    return findings


def find(workspace: Workspace, question: ReportOptions) -> Findings:
    """Hold the transits against the count. Raises InputError."""
    sessions = workspace.sessions()
    if not sessions:
        raise InputError(f"{workspace.path}: nothing was recorded yet")
    unfinished = [session.state.source for session in sessions if not session.state.is_over]
    if unfinished:
        raise InputError(f"{workspace.path}: {unfinished[0]} was not read to its end; run `anpr accept record` again")
    if not workspace.count_path.is_file():
        raise InputError(f"{workspace.count_path}: is missing; nobody counted")
    count = read_count(workspace)
    if not count.vehicles:
        raise InputError(f"{workspace.count_path}: no vehicle in it")
    transits = [transit for session in sessions for transit in session.read(RecordedTransit)]
    matching = match(count.vehicles, transits, question.facts.tolerance_s)
    groups = figures(matching, question.light_at, workspace.site.side)
    judgements = judge(groups, question.thresholds)
    return Findings(matching=matching, groups=groups, judgements=judgements, verdict=overall(judgements))


def as_object(findings: Findings) -> dict[str, Any]:
    """Figures and verdicts for machines; no plate is in them."""
    return {
        "verdict": findings.verdict,
        "groups": [_group(group) for group in findings.groups],
        "judgements": [_judgement(one) for one in findings.judgements],
    }


def _names(group: FigureGroup) -> dict[str, Any]:
    return {"light": group.light, "side": group.side, "kind": group.kind}


def _group(group: FigureGroup) -> dict[str, Any]:
    fields = _names(group)
    for measure, share in group.shares.items():
        low, high = share.interval
        value = None if share.value is None else round(share.value, 4)
        fields[measure.value] = {
            "hits": share.hits, "of": share.of, "share": value, "low": round(low, 4), "high": round(high, 4)
        }  # fmt: skip
    return fields


def _judgement(one: Judgement) -> dict[str, Any]:
    named = {"measure": one.measure, "threshold": one.threshold, "verdict": one.verdict, "needed": one.needed}
    return {**_names(one.group), **named}
