# SPDX-License-Identifier: AGPL-3.0-or-later
"""Section `soap` of a profile: what goes with it, and the envelope that it makes."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.profile.layout import lay_out
from anpr.forward.profile.load import load_profile
from anpr.forward.profile.sources import Context
from scripts.lab.transits import make_transit
from tests.unit.forward.profile.profiles import profile

CONTEXT = Context(
    destination="questura",
    municipality='Comune di "Prova" & <Figli>',
    day=date(2026, 11, 21),
    number=3,
    created_at=datetime(2026, 11, 22, tzinfo=UTC),
)
SOAP: dict[str, Any] = {"version": "1.2", "namespaces": {"c": "urn:x"}}
PARTS: dict[str, Any] = {
    "transports": ["https"],
    "encoding": {"kind": "xml", "root": "c:invia", "record": "c:transito"},
    "soap": SOAP,
}
ENVELOPE = "{http://www.w3.org/2003/05/soap-envelope}"


def test_header_blocks_are_filled_and_escaped(tmp_path: Path) -> None:
    headers = [
        {"name": "c:a/@c:id", "value": 'x"<'},
        {"name": "c:a/c:ente", "source": "site.municipality"},
        {"name": "c:b/c:nulla", "source": "destination", "codes": "none", "when_missing": None},
        {"name": "c:m", "source": "batch.urn"},
    ]
    made = profile(tmp_path, **PARTS | {"soap": {**SOAP, "headers": headers}}, code_tables={"none": {"x": "y"}})
    with pytest.raises(ForwardError):  # a header that cannot be written is no transit's fault
        lay_out(made, [make_transit(1)], CONTEXT)
    made = profile(tmp_path, **PARTS | {"soap": {**SOAP, "headers": [headers[0], headers[1], headers[3]]}})
    first, again = (lay_out(made, [make_transit(1)], CONTEXT).files[-1].data for _ in range(2))
    assert first == again
    root = ElementTree.fromstring(first)
    header, body = root
    assert (header.tag, body.tag) == (f"{ENVELOPE}Header", f"{ENVELOPE}Body")
    assert header[0].attrib == {"{urn:x}id": 'x"<'}
    assert header[0][0].text == CONTEXT.municipality
    assert (header[1].text or "").startswith("urn:uuid:")
    assert [child.tag for child in body] == ["{urn:x}invia"]


def test_without_blocks_there_is_no_header(tmp_path: Path) -> None:
    data = lay_out(profile(tmp_path, **PARTS), [make_transit(1), make_transit(2)], CONTEXT).files[-1].data
    root = ElementTree.fromstring(data)
    assert [child.tag for child in root] == [f"{ENVELOPE}Body"]
    assert len(root[0][0]) == 2


def test_one_transit_needs_no_element_of_its_own(tmp_path: Path) -> None:
    parts = {"batch_size": 1, "encoding": {"kind": "xml", "root": "Transito"}, "header": [{"name": "@v", "value": "1"}]}
    data = lay_out(profile(tmp_path, **parts), [make_transit(1)], CONTEXT).files[-1].data
    root = ElementTree.fromstring(data)
    assert (root.tag, root.attrib, [child.tag for child in root]) == ("Transito", {"v": "1"}, ["id", "plate"])


def test_the_shipped_example_is_ours_and_says_so() -> None:
    found = load_profile("soap-example")
    assert found.status.stage == "example"
    assert found.transports == ("https",)
    assert "no office's interface" in found.description


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"soap": {"version": "1.3"}}, "soap.version"),
        ({"soap": {**SOAP, "action": 'a"b'}}, "soap.action"),
        ({"soap": {**SOAP, "namespaces": {"soap": "urn:x"}}}, "'soap' is no prefix"),
        ({"soap": {**SOAP, "headers": [{"name": "soap:Body", "value": "x"}]}}, "is no header block"),
        ({"soap": {**SOAP, "headers": [{"name": "d:x", "value": "x"}]}}, "prefix of 'd:x' is not declared"),
        ({"soap": {"version": "1.1"}}, "prefix of 'c:invia' is not declared"),
        ({"soap": {**SOAP, "faults": {"permanent": ["A"], "transient": ["A"]}}}, "fault 'A' is listed twice"),
        ({"encoding": {"kind": "json"}}, "goes with encoding xml"),
        ({"encoding": {**PARTS["encoding"], "charset": "iso-8859-1"}}, "goes with encoding xml in utf-8"),
        ({"answers": {"kind": "receipt", "ok": ["OK"]}}, "answers are of kind none, or reply"),
        ({"encoding": {"kind": "xml", "root": "c:invia"}}, "without it batch_size is 1"),
        (
            {"images": [{"role": "plate", "how": "file", "max_bytes": 2048, "file_name": "{transit_id}.jpg"}]},
            "images are embedded",
        ),
    ],
)
def test_what_does_not_go_with_soap_is_refused(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ForwardError) as caught:
        profile(tmp_path, **PARTS | changes)
    assert told in str(caught.value)
