# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cases of a conformance run: for whatever profile, what the layout makes of them is what they expect."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from anpr.domain.plate import normalise
from anpr.forward.conformance.case import ConformanceCase, ExpectedOutcome
from anpr.forward.conformance.record_count import count_records
from anpr.forward.conformance.run import cases_for
from anpr.forward.conformance.times import last_change
from anpr.forward.profile.layout import lay_out
from anpr.forward.profile.load import load_profile
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import Context
from tests.unit.forward.profile.profiles import profile

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
IMAGE = {"how": "embed", "max_bytes": 4096}
FIELDS: list[dict[str, Any]] = [
    {"name": "id", "source": "transit.id", "length": 36, "required": True},
    {"name": "plate", "source": "plate", "length": 16, "required": True},
    {"name": "at", "source": "captured_at", "type": "datetime", "format": "iso-ms", "length": 30},
    {"name": "gate", "source": "gate.id", "length": 20, "required": True},
    {"name": "name", "source": "gate.name", "length": 30},
    {"name": "purpose", "source": "gate.purpose", "length": 10, "too_long": "cut"},
    {"name": "way", "source": "direction", "codes": "way", "length": 1, "required": True},
    {"name": "land", "source": "country", "codes": "land", "length": 3},
    {"name": "lane", "source": "lane", "codes": "lane", "length": 2},
    {"name": "sure", "source": "confidence", "type": "integer", "scale": 100, "length": 3},
]
TABLES = {
    "way": {"approaching": "A", "receding": "R"},
    "land": {"I": "ITA", "D": "DEU", "*": "ZZZ"},
    "lane": {"1": "01", "2": "02"},
}
ENCODINGS: dict[str, dict[str, Any]] = {
    "xml": {"kind": "xml", "root": "transits", "record": "c:transit", "charset": "ascii"},
    "csv": {"kind": "csv", "charset": "iso-8859-15"},
    "csv-utf-8": {"kind": "csv", "charset": "utf-8", "column_names": False},
    "fixed-width": {"kind": "fixed-width"},
    "json": {"kind": "json"},
    "json-lines": {"kind": "json", "lines": True, "charset": "ascii"},
}
COUNT = [{"name": "count", "source": "batch.records", "type": "integer", "length": 6}]


def made(folder: Path, kind: str, **changes: Any) -> Profile:
    header: list[dict[str, Any]] = [{"name": "@xmlns:c", "value": "urn:c"}] if kind == "xml" else COUNT
    frame = {} if kind == "json-lines" else {"header": header, "trailer": [] if kind == "json" else COUNT}
    values = {"encoding": ENCODINGS[kind], "fields": FIELDS, "code_tables": TABLES, **frame, **changes}
    return profile(folder, **values)


def laid_out(profile: Profile, case: ConformanceCase) -> tuple[int, Counter[str]]:
    """Records that were written and found again in their files, and why others were refused."""
    written, refused = 0, Counter[str]()
    for start in range(0, max(1, len(case.transits)), profile.batch_size):
        context = Context(
            destination="prova",
            municipality="Forlì",
            day=case.day,
            number=90_001,
            created_at=NOW,
            gates=case.gates,
            images=case.images,
        )
        layout = lay_out(profile, case.transits[start : start + profile.batch_size], context)
        refused.update(layout.rejected.values())
        written += count_records(profile, layout.files[-1].data) if layout.files else 0
    return written, refused


def check_all(profile: Profile) -> dict[str, ConformanceCase]:
    """Each case of the profile is written, or refused, as it expects."""
    cases = cases_for(profile, NOW)
    assert len({case.id for case in cases}) == len(cases)
    for case in cases:
        written, refused = laid_out(profile, case)
        expected = {
            ExpectedOutcome.ACCEPTED: (len(case.transits), 0),
            ExpectedOutcome.REJECTED_THERE: (len(case.transits), 0),
            ExpectedOutcome.REFUSED_HERE: (0, len(case.transits)),
        }.get(case.expected, (0, 0))
        assert (written, refused.total()) == expected, (case.id, refused)
    return {case.id: case for case in cases}


@pytest.mark.parametrize("kind", sorted(ENCODINGS))
def test_whatever_the_encoding_each_case_is_what_the_layout_makes_of_it(tmp_path: Path, kind: str) -> None:
    cases = check_all(made(tmp_path, kind))
    refused = {id for id, case in cases.items() if case.expected is ExpectedOutcome.REFUSED_HERE}
    foreign = {"foreign"} if kind in ("csv", "fixed-width") else set()
    assert refused == {"required", "without-code", "too-long-reject", "control"} | foreign
    assert {id for id, case in cases.items() if case.expected is ExpectedOutcome.NOT_APPLICABLE} == {"images"}
    assert len(cases["codes"].transits) == 6


def test_the_shipped_example_has_a_case_for_each_image() -> None:
    cases = check_all(load_profile("scntt-example"))
    assert {id for id in cases if id.startswith("image")} == {
        "images-none",
        "images-only-plate",
        "images-only-context",
        "images-all",
        "image-too-large-plate",
        "image-damaged-plate",
        "image-too-large-context",
        "image-damaged-context",
    }


@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize("too_large", ["leave-out", "reject", "recompress"])
def test_images_that_are_required_or_too_large_are_refused_as_the_profile_says(
    tmp_path: Path, too_large: str, required: bool
) -> None:
    rules = [
        {**IMAGE, "role": "plate", "too_large": too_large, "required": required},
        {**IMAGE, "role": "context", "max_width_px": 64, "too_large": too_large},
    ]
    fields = [*FIELDS, {"name": "image", "source": "image.plate.base64"}]
    cases = check_all(made(tmp_path, "json", images=rules, fields=fields))
    assert (cases["images-none"].expected is ExpectedOutcome.REFUSED_HERE) == required
    beyond = cases["image-too-large-plate"].expected
    assert (beyond is ExpectedOutcome.REFUSED_HERE) == (
        too_large == "reject" or (required and too_large == "leave-out")
    )


def test_a_small_profile_has_no_place_for_many_cases(tmp_path: Path) -> None:
    cases = check_all(profile(tmp_path))
    without = {id for id, case in cases.items() if case.expected is ExpectedOutcome.NOT_APPLICABLE}
    assert {"longest", "codes", "control", "images", "required"} <= without
    assert all(cases[id].what for id in without)


def test_a_record_a_file_is_cut_into_as_many_files(tmp_path: Path) -> None:
    cases = check_all(made(tmp_path, "csv", batch_size=1))
    assert len(cases["clock-back"].transits) == 2


def test_both_clock_changes_are_the_newest_ones_of_the_zone() -> None:
    assert last_change(ROME, NOW, back=True) == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert last_change(ROME, NOW, back=False) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert last_change(ZoneInfo("UTC"), NOW, back=True) is None
    cases = {case.id: case for case in cases_for(load_profile("scntt-example"), NOW)}
    local = [transit.captured_at.astimezone(ROME) for transit in cases["clock-back"].transits]
    assert [f"{each:%H:%M %z}" for each in local] == ["02:30 +0200", "02:30 +0100"]
    around = [transit.captured_at.astimezone(ROME) for transit in cases["clock-forward"].transits]
    assert [f"{each:%H:%M:%S}" for each in around] == ["01:59:59", "03:00:01"]


def test_a_zone_that_never_changes_its_clocks_has_no_such_case(tmp_path: Path) -> None:
    cases = check_all(made(tmp_path, "csv", time_zone="UTC"))
    assert cases["clock-back"].expected is cases["clock-forward"].expected is ExpectedOutcome.NOT_APPLICABLE


def test_plates_are_drawn_and_each_run_has_identities_of_its_own() -> None:
    first, again, later = (
        [t for case in cases_for(load_profile("scntt-example"), now) for t in case.transits]
        for now in (NOW, NOW, NOW.replace(second=1))
    )
    assert first == again
    assert len({t.id for t in (*first, *later)}) == 2 * len(first)
    assert all(t.plate.startswith("ZZ") and normalise(t.plate) == t.plate for t in first)


def test_a_document_of_one_record_alone_is_counted_by_its_root(tmp_path: Path) -> None:
    alone = {"kind": "xml", "root": "transit"}
    check_all(made(tmp_path, "xml", encoding=alone, batch_size=1, header=[], trailer=[]))


@pytest.mark.parametrize(
    ("kind", "data", "complaint"),
    [
        ("xml", b"<transits><c:transit/></transits>", "unbound prefix"),
        ("csv", b"a;b\r\n", "no line has 10 columns"),
        ("fixed-width", b"too short\r\n", "no line has"),
        ("json", b"{", "Expecting"),
    ],
)
def test_a_file_that_is_not_what_its_encoding_says_is_found(
    tmp_path: Path, kind: str, data: bytes, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        count_records(made(tmp_path, kind), data)
