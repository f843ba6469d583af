# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of a batch: golden files for each encoding, and what holds for any transit."""

import csv
import json
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anpr.domain.errors import ForwardError
from anpr.domain.gate import Direction, Gate
from anpr.domain.transit import ImageRole, Transit
from anpr.forward.profile.encoding import CsvEncoding
from anpr.forward.profile.layout import Layout, lay_out
from anpr.forward.profile.load import load_profile
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import Context
from anpr.forward.profile.writers import write_csv
from scripts.lab.transits import make_transit, picture
from tests.support.budget import examples
from tests.unit.forward.profile.profiles import tree

GOLDEN = Path(__file__).parent / "golden"
GATES = {
    "gate-1": Gate(
        id="gate-1",
        name="Città <Porta> & \"Nord\"; 'A'",
        purpose="sicurezza urbana",
        legal_basis="patto",
        latitude=43.8777,
        longitude=11.1023,
    )
}
PICTURE = b"\xff\xd8\xff" + random.Random(1).randbytes(35) + b"\xff\xd9"
PLATE = {"name": "plate", "source": "plate", "required": True}
ENCODINGS: dict[str, dict[str, Any]] = {
    "xml": {"kind": "xml", "root": "transits", "record": "transit", "wrapper": "list", "namespace": "urn:test"},
    "csv": {"kind": "csv"},
    "fixed-width": {"kind": "fixed-width", "newline": "lf"},
    "json": {"kind": "json"},
}
WIDE = [
    {"name": "number", "source": "record.number", "type": "integer", "length": 4, "pad": "0", "align": "right"},
    {"name": "plate", "source": "plate", "length": 10, "required": True},
    {"name": "at", "source": "captured_at", "type": "datetime", "format": "%Y%m%d%H%M%S", "length": 14},
    {"name": "gate", "source": "gate.name", "length": 30, "too_long": "cut"},
    {"name": "way", "source": "direction", "codes": "way", "length": 1, "when_missing": "-"},
    {"name": "sure", "source": "confidence", "type": "integer", "scale": 100, "length": 3, "align": "right"},
]
HEADER = [
    {"name": "from", "source": "site.municipality", "length": 20},
    {"name": "batch", "source": "batch.number", "type": "integer", "length": 4, "align": "right"},
]
TRAILER = [{"name": "count", "source": "batch.records", "type": "integer", "length": 6, "pad": "0", "align": "right"}]


def make_profile(folder: Path, **changes: Any) -> Profile:
    path = folder / "profile.yaml"
    path.write_text(json.dumps(tree(**changes)), encoding="utf-8")  # JSON is YAML
    return load_profile(str(path))


def context(images: Mapping[tuple[UUID, ImageRole], bytes] | None = None, number: int = 7) -> Context:
    return Context(
        destination="questura",
        municipality="Comune di Forlì",
        day=date(2026, 11, 21),
        number=number,
        created_at=datetime(2026, 11, 22, 1, 30, tzinfo=UTC),
        gates=GATES,
        images=images or {},
    )


def three() -> list[Transit]:
    return [
        make_transit(1, direction=Direction.APPROACHING),
        make_transit(2, plate="MÜNX1", raw="MUNX1", confidence=0.805),
        make_transit(3, gate_id="gate-unknown", direction=Direction.RECEDING),
    ]


@pytest.mark.parametrize("kind", sorted(ENCODINGS))
def test_golden(tmp_path: Path, kind: str) -> None:
    profile = make_profile(
        tmp_path,
        encoding=ENCODINGS[kind],
        code_tables={"way": {"approaching": "A", "receding": "R"}},
        header=HEADER,
        fields=WIDE,
        trailer=TRAILER,
        file_name="T_{destination}_{day:%Y%m%d}_{batch:03d}.dat",
    )
    layout = lay_out(profile, three(), context())
    assert (layout.records, layout.rejected) == (3, {})
    assert [file.name for file in layout.files] == ["T_questura_20261121_007.dat"]
    assert layout.files[0].data == (GOLDEN / f"{kind}.dat").read_bytes()


def test_golden_of_the_shipped_example() -> None:
    transit = three()[0]
    pictures = {(transit.id, ImageRole.PLATE): PICTURE, (transit.id, ImageRole.CONTEXT): PICTURE * 2}
    layout = lay_out(load_profile("scntt-example"), [transit, three()[2]], context(pictures))
    assert [file.name for file in layout.files] == [
        f"{transit.id}_contesto.jpg",
        "TRANSITI_questura_20261121_00007.xml",
    ]
    assert layout.files[0].data == PICTURE * 2
    assert layout.files[1].data == (GOLDEN / "scntt-example.xml").read_bytes()


def test_a_transit_that_lacks_what_is_required_is_rejected_alone(tmp_path: Path) -> None:
    fields = [PLATE, {"name": "way", "source": "direction", "required": True}]
    transits = three()
    layout = lay_out(make_profile(tmp_path, fields=fields), transits, context())
    assert layout.rejected == {transits[1].id: "way: missing"}
    assert rows(layout) == [["plate", "way"], [transits[0].plate, "approaching"], [transits[2].plate, "receding"]]


def test_when_all_are_rejected_no_file_is_made(tmp_path: Path) -> None:
    fields = [PLATE, {"name": "way", "source": "direction", "required": True}]
    layout = lay_out(make_profile(tmp_path, fields=fields), [three()[1]], context())
    assert (layout.files, layout.records, len(layout.rejected)) == ((), 0, 1)


def test_a_character_the_charset_lacks_rejects_the_transit(tmp_path: Path) -> None:
    profile = make_profile(tmp_path, encoding={"kind": "csv", "charset": "ascii"}, fields=[PLATE])
    transits = three()
    layout = lay_out(profile, transits, context())
    assert layout.rejected == {transits[1].id: "plate: holds a character that ascii lacks"}


@pytest.mark.parametrize(("formulas", "shown"), [("keep", "=1+1"), ("escape", "'=1+1")])
def test_a_text_that_a_spreadsheet_would_calculate_is_escaped_where_the_profile_says_so(
    tmp_path: Path, formulas: str, shown: str
) -> None:
    fields = [PLATE, {"name": "seen", "source": "raw"}]
    profile = make_profile(tmp_path, encoding={"kind": "csv", "formulas": formulas}, fields=fields)
    transit = make_transit(1, raw="=1+1")
    layout = lay_out(profile, [transit], context())
    assert rows(layout)[1] == [transit.plate, shown]


@pytest.mark.parametrize("text", ["-11.5", "+39", "AB123CD", "", None])
def test_numbers_and_plain_texts_are_no_formulas(text: str | None) -> None:
    encoding = CsvEncoding.model_validate({"kind": "csv", "formulas": "escape", "column_names": False})
    written = write_csv(encoding, [], ["value"], [[text]], [])
    assert written.decode().strip().strip('"') == (text or "")


def test_a_header_that_cannot_be_written_is_the_profiles_fault(tmp_path: Path) -> None:
    header = [{"name": "from", "source": "site.municipality", "length": 4}]
    with pytest.raises(ForwardError, match="header or trailer: from: 15 characters, at most 4") as caught:
        lay_out(make_profile(tmp_path, header=header), three(), context())
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("changes", "size", "reason"),
    [
        ({}, 2000, None),
        ({}, 3000, None),
        ({"too_large": "reject"}, 3000, "plate picture: 3000 bytes, at most 2048"),
        ({"required": True}, 3000, "plate picture: 3000 bytes, at most 2048"),
        ({"required": True}, None, "plate picture: missing"),
    ],
)
def test_pictures_keep_to_their_limits(
    tmp_path: Path, changes: dict[str, Any], size: int | None, reason: str | None
) -> None:
    image = {"role": "plate", "how": "file", "max_bytes": 2048, "file_name": "{transit_id}.jpg"}
    fields = [PLATE, {"name": "photo", "source": "image.plate.name"}]
    profile = make_profile(tmp_path, images=[image | changes], fields=fields)
    transit = three()[0]
    pictures = {} if size is None else {(transit.id, ImageRole.PLATE): picture(1, size)}
    layout = lay_out(profile, [transit], context(pictures))
    assert layout.rejected == ({} if reason is None else {transit.id: reason})
    if reason is None:
        is_sent = size is not None and size <= 2048
        assert [file.name for file in layout.files][:-1] == ([f"{transit.id}.jpg"] if is_sent else [])
        assert rows(layout)[1] == [transit.plate, f"{transit.id}.jpg" if is_sent else ""]


def rows(layout: Layout) -> list[list[str]]:
    return list(csv.reader(layout.files[-1].data.decode().splitlines(), delimiter=";"))


# Whatever the texts of a site hold: gate names are typed by people.
NAMES = st.text(min_size=1, max_size=40)
TRANSITS = st.builds(
    lambda number, lane: make_transit(number, lane=lane), st.integers(0, 5_000_000), st.one_of(st.none(), NAMES)
)
PROPERTY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60))
LANE = [{"name": "plate", "source": "plate"}, {"name": "lane", "source": "lane"}]


@PROPERTY
@given(transits=st.lists(TRANSITS, min_size=1, max_size=5, unique_by=lambda t: t.id), data=st.data())
def test_fixed_width_lines_have_exactly_their_length(tmp_path: Path, transits: list[Transit], data: Any) -> None:
    widths = data.draw(st.tuples(st.integers(8, 20), st.integers(1, 30)))
    fields = [rule | {"length": width, "too_long": "cut"} for rule, width in zip(LANE, widths, strict=True)]
    profile = make_profile(tmp_path, encoding=ENCODINGS["fixed-width"], fields=fields)
    layout = lay_out(profile, transits, context())
    assert layout.records + len(layout.rejected) == len(transits)
    text = layout.files[0].data if layout.files else b""
    assert len(text) == layout.records * (sum(widths) + 1)
    assert all(len(line) == sum(widths) for line in text.split(b"\n")[:-1])


@PROPERTY
@given(transits=st.lists(TRANSITS, min_size=1, max_size=5, unique_by=lambda t: t.id), kind=st.sampled_from("xcj"))
def test_what_is_written_reads_back_as_it_was(tmp_path: Path, transits: list[Transit], kind: str) -> None:
    encodings = {"x": ENCODINGS["xml"], "c": ENCODINGS["csv"], "j": {"kind": "json", "lines": True}}
    profile = make_profile(tmp_path, encoding=encodings[kind], fields=LANE)
    layout = lay_out(profile, transits, context())
    sent = [t for t in transits if t.id not in layout.rejected]
    assert layout.records == len(sent)
    if sent:
        data = layout.files[0].data
        read = {"x": read_xml, "c": read_csv, "j": read_json}[kind](data)
        assert read == [(t.plate, t.lane or "") for t in sent]


@PROPERTY
@given(transits=st.lists(TRANSITS, max_size=5, unique_by=lambda t: t.id))
def test_the_same_transits_give_the_same_bytes(tmp_path: Path, transits: list[Transit]) -> None:
    profile = make_profile(tmp_path, fields=LANE)
    assert lay_out(profile, transits, context()) == lay_out(profile, transits, context())


def read_xml(data: bytes) -> list[tuple[str, str]]:
    space = {"t": "urn:test"}
    records = ElementTree.fromstring(data).findall("t:list/t:transit", space)
    return [(r.findtext("t:plate", "", space), r.findtext("t:lane", "", space)) for r in records]


def read_csv(data: bytes) -> list[tuple[str, str]]:
    head, *found = csv.reader(data.decode().split("\r\n")[:-1], delimiter=";")
    assert head == ["plate", "lane"]
    return [(plate, lane) for plate, lane in found]


def read_json(data: bytes) -> list[tuple[str, str]]:
    return [(r["plate"], r["lane"]) for r in map(json.loads, data.decode().split("\n")[:-1])]
