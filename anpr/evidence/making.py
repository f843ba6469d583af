# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making of a package, transit by transit: collect, copy, write, report, sign. What is missing is listed with why."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path

from anpr.contract.signature import SigningKey
from anpr.domain.transit import ImageRole
from anpr.evidence.archive import Package, new_package, sha256_of_file
from anpr.evidence.collect import Collector
from anpr.evidence.content import audit_lines, transits_json
from anpr.evidence.copies import CopyError, marked_copy
from anpr.evidence.facts import EvidenceFacts, ImageFact, Made, TransitFact
from anpr.evidence.layout import AUDIT, COPIES, ORIGINALS, README, REPORT, STAMP_ROOTS, TRANSITS
from anpr.evidence.report import report
from anpr.evidence.stamping import Stamping, StampOutcome
from anpr.evidence.words import README as README_TEXT
from anpr.paper.apart import PdfPress
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.investigations.life import tell

REPORT_LIMIT_S = 600.0
"""A report of 500 transits with two images each is longer than any other document."""
_SIDE = 560
"""px of an image in the report: 8 cm at 180 dpi."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceResult:
    """The file's SHA-256 (64 hex digits), its size (bytes), marked transits in it, and how much is missing."""

    sha256: str
    size: int
    transits: int
    missing: int
    stamp: StampOutcome


Progress = Callable[[int, int], None]
"""Told of transits that are done, and how many there are."""


def make_package(
    collector: Collector, number: int, made: Made, key: SigningKey, path: Path, progress: Progress
) -> EvidenceResult:
    """The package of the investigation with this number, at a path where nothing is yet; the audit names it.

    Raises InputError, StoreError and PaperError; then no file is left.
    """
    marks = collector.marked(number)
    with new_package(path) as package:
        work = _Work(collector, package)
        facts = []
        for done, mark in enumerate(marks):
            progress(done, len(marks))
            facts.append(work.transit(done + 1, collector.transit(mark)))
        whole = collector.whole(number, made, tuple(facts))
        stamping = Stamping.of(collector.settings.evidence.time_stamp)
        if stamping.roots_pem:
            package.add(STAMP_ROOTS, stamping.roots_pem)
        _write_texts(package, whole, key, work.small)
        stamp = package.sign(_told(whole), key, stamping)
    try:
        result = EvidenceResult(
            sha256=sha256_of_file(path),
            size=path.stat().st_size,
            transits=len(marks),
            missing=whole.missing,
            stamp=stamp,
        )
        _note(collector, whole, result)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    progress(len(marks), len(marks))
    return result


@dataclass(slots=True)
class _Work:
    collector: Collector
    package: Package
    small: dict[str, bytes] = field(default_factory=dict)
    """Copies for the report, by the names of the copies."""

    def transit(self, number: int, fact: TransitFact) -> TransitFact:
        """The fact with its images, which are in the package then."""
        if fact.stored is None:
            return fact
        images = [
            image if data is None else self._image(number, fact, image, data)
            for image, data in self.collector.pictures(fact.stored)
        ]
        return replace(fact, images=tuple(images))

    def _image(self, number: int, fact: TransitFact, image: ImageFact, data: bytes) -> ImageFact:
        assert fact.stored is not None
        transit = fact.stored.transit
        name = f"{number:04d}-{transit.id}-{image.role}.jpg"
        self.package.add(ORIGINALS + name, data)
        box = transit.box if image.role is ImageRole.CONTEXT else None
        lines = (
            f"{transit.captured_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC  {transit.gate_id}  {transit.id}",
            f"COPIA. SHA-256 originale {image.edge_sha256}",
        )
        found = replace(image, file=ORIGINALS + name)
        try:
            copy = marked_copy(data, box, lines)
            small = marked_copy(data, box, (), side=_SIDE)
        except CopyError:  # a camera's own JPEG that Pillow does not read: the original is there
            return found
        self.package.add(COPIES + name, copy)
        self.small[COPIES + name] = small
        return replace(found, copy=COPIES + name)


def _write_texts(package: Package, facts: EvidenceFacts, key: SigningKey, small: dict[str, bytes]) -> None:
    package.add(TRANSITS, transits_json(facts))
    package.add(AUDIT, audit_lines(facts))
    package.add(README, README_TEXT.encode())
    package.add(REPORT, PdfPress(REPORT_LIMIT_S).print(report(facts, key.public.text, small)))


def _told(facts: EvidenceFacts) -> dict[str, object]:
    of, made = facts.investigation, facts.made
    return {
        "investigation": {"number": of.id, "reference": of.reference, "organisation": of.organisation_id},
        "made": {"by": made.by, "at": made.at.isoformat(), "reason": made.reason, "version": made.version},
        "transits": len(facts.transits),
        "missing": facts.missing,
        "audit_head": facts.head,
    }


def _note(collector: Collector, facts: EvidenceFacts, result: EvidenceResult) -> None:
    by = Author(name=facts.made.by, at=collector.clock.now())
    transits = [str(fact.mark.transit_id) for fact in facts.transits]
    with collector.database.transaction() as conn:
        tell(conn, AuditAction.EVIDENCE_MADE, facts.investigation, by, reason=facts.made.reason,
             sha256=result.sha256, bytes=result.size, transits=transits, missing=result.missing,
             **result.stamp.audited)  # fmt: skip
