# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of a conformance report: HTML, PDF, JSON and what was sent, signed with the site's key, in a folder."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from anpr.contract.signature import SigningKey
from anpr.domain.errors import ForwardError, PaperError
from anpr.forward.conformance.document import ConformanceHead, conformance_document
from anpr.forward.conformance.outcome import CaseOutcome, verdict_of
from anpr.forward.profile.model import Profile
from anpr.forward.signed_files import MANIFEST, SIGNATURE, SignedFiles, sign_files
from anpr.paper.apart import PdfPress
from anpr.paper.html import as_html

SIGNED_AS = b"anpr conformance report 1\n"
"""What the signature begins with: told apart from everything else that is signed with the site's key."""

SENT = "sent"
"""The folder with what was sent."""


def conformance_files(
    profile: Profile, outcomes: list[CaseOutcome], head: ConformanceHead, key: SigningKey, press: PdfPress
) -> SignedFiles:
    """The report and its signature. Raises ForwardError when no PDF can be made."""
    printed = conformance_document(profile, outcomes, head)
    try:
        pdf = press.print(printed)
    except PaperError as exc:
        raise ForwardError(f"conformance report: {exc}") from exc
    figures = as_result(profile, outcomes, head)
    parts = {"report.html": as_html(printed), "report.pdf": pdf, "report.json": _json(figures)}
    for number, outcome in enumerate(outcomes, start=1):
        for file in outcome.files:
            parts[f"{SENT}/{number:02d}-{outcome.case.id}/{file.name}"] = file.data
    named = {name: figures[name] for name in ("destination", "profile", "ended_at", "verdict")}
    return sign_files(key, SIGNED_AS, {"anpr_conformance": 1, **named}, parts)


def as_result(profile: Profile, outcomes: list[CaseOutcome], head: ConformanceHead) -> dict[str, Any]:
    """The run as JSON: moments in ISO 8601 (UTC)."""
    return {
        "destination": head.destination,
        "target": head.address,
        "profile": {
            "name": profile.name,
            "revision": profile.revision,
            "stage": profile.status.stage,
            "sha256": head.profile_digest,
        },
        "begun_at": head.begun_at.isoformat(),
        "ended_at": head.ended_at.isoformat(),
        "version": head.version,
        "verdict": verdict_of(outcomes).value,
        "cases": [_case(outcome) for outcome in outcomes],
    }


def _case(outcome: CaseOutcome) -> dict[str, Any]:
    return {
        "id": outcome.case.id,
        "expected": outcome.case.expected.value,
        "verdict": outcome.verdict.value,
        "written": outcome.written,
        "refused": dict(outcome.refused),
        "accepted": outcome.accepted,
        "rejected": outcome.rejected,
        "again": outcome.again,
        "silent": outcome.silent,
        "answers": list(dict.fromkeys(outcome.answers)),
        "failure": outcome.failure or None,
        "files": {file.name: sha256(file.data).hexdigest() for file in outcome.files},
    }


def write_report(signed: SignedFiles, folder: Path) -> Iterator[Path]:
    """Write everything below the folder; yields the paths of report, manifest and signature. Raises OSError."""
    for name, data in signed.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if "/" not in name:
            yield path
    for name, data in {MANIFEST: signed.manifest, SIGNATURE: signed.signature_text}.items():
        path = folder / name
        path.write_bytes(data)
        yield path


def _json(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
