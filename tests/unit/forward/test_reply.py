# SPDX-License-Identifier: AGPL-3.0-or-later
"""Replies over HTTP: only a code that the profile calls `ok` accepts, and what cannot be read accepts nothing."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from anpr.domain.errors import ForwardError
from anpr.forward.profile.answers import Answers
from anpr.forward.reply.verdict import Verdict, read_reply
from anpr.forward.transport import Receipt

ID, OTHER = "01a1fd8c-6ce8-7000-8000-000000000001", "01a1fd8c-6ce8-7000-8000-000000000002"
PATHS = {
    "code": "esito/codice",
    "records": "esiti/esito",
    "record_id": "@id",
    "record_code": "codice",
    "record_text": "testo",
}
CODES = {"ok": ["0"], "permanent": ["E1"], "transient": ["E2"]}


def answers(**body: Any) -> Answers:
    return Answers.model_validate_json(json.dumps({"kind": "reply", **CODES, "body": body}))


XML = answers(format="xml", **PATHS)
JSON = answers(format="json", **{**PATHS, "record_id": "id"})
STATUS = Answers.model_validate_json(json.dumps({"kind": "reply", "status": {"permanent": ["422"]}}))


def read(rules: Answers, data: bytes | None, status: str = "200", unread: str = "") -> dict[str, Verdict]:
    return read_reply(rules, Receipt(name="reply", status=status, data=data, unread=unread))


def meanings(found: dict[str, Verdict]) -> dict[str, str]:
    return {key: each.meaning for key, each in found.items()}


def test_xml_and_json_say_the_same() -> None:
    xml = f"""<?xml version="1.0"?><r:risposta xmlns:r="urn:x"><esito><codice> 0 </codice></esito><esiti>
      <esito id="{ID.upper()}"><codice>E1</codice><testo>targa AB123CD ignota</testo></esito>
      <esito id="{OTHER}"><codice>E2</codice></esito></esiti></r:risposta>"""
    tree = {
        "esito": {"codice": 0},
        "esiti": {
            "esito": [
                {"id": ID, "codice": "E1", "testo": "targa AB123CD\nignota"},
                {"id": OTHER, "codice": "E2", "testo": ""},
            ]
        },
    }
    for rules, data in ((XML, xml.encode()), (JSON, json.dumps(tree).encode())):
        found = read(rules, data)
        assert meanings(found) == {"*": "ok", ID: "permanent", OTHER: "transient"}
        assert found[ID].reason == "answered 'E1': targa … ignota"


def test_a_text_for_people_may_be_missing_or_odd() -> None:
    for text in (None, {"x": 1}, [], ["a", "b"]):
        entry = {"id": ID, "codice": "E1", "testo": text}
        found = read(JSON, json.dumps({"esito": {"codice": "0"}, "esiti": {"esito": [entry]}}).encode())
        assert found[ID].reason == ("answered 'E1': a" if text == ["a", "b"] else "answered 'E1'")


def test_the_entries_of_an_outermost_list_are_at_a_star() -> None:
    rules = answers(format="json", records="*", record_id="id", record_code="codice")
    assert meanings(read(rules, json.dumps([{"id": ID, "codice": "0"}]).encode())) == {ID: "ok"}


def test_a_status_may_be_all_that_is_said() -> None:
    assert meanings(read(STATUS, None, "202")) == {"*": "ok"}
    assert meanings(read(STATUS, b"<html>", "422")) == {"*": "permanent"}
    assert read(STATUS, None, "") == {}  # a transport without replies


@pytest.mark.parametrize(
    ("status", "meaning"),
    [("200", "ok"), ("422", "permanent"), ("503", "transient"), ("429", "transient"), ("401", None), ("302", None)],
)
def test_a_status_has_the_meaning_of_its_list(status: str, meaning: str | None) -> None:
    assert STATUS.status.meaning(status) == meaning


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "0"><!ENTITY c "&b;&b;&b;&b;">]>
<a><esito><codice>&c;</codice></esito></a>"""
OUTSIDE = b"""<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a><esito><codice>&b;</codice></esito></a>"""


@pytest.mark.parametrize(
    ("rules", "data", "told"),
    [
        pytest.param(XML, BOMB, "DOCTYPE", id="bomb"),
        pytest.param(XML, OUTSIDE, "DOCTYPE", id="external entity"),
        pytest.param(XML, b"<a>" * 70 + b"0", "deeper than 64", id="deep xml"),
        pytest.param(XML, b"<a><esito><codice>0</codice>", "no XML", id="cut xml"),
        pytest.param(XML, b"<html><body>0</body></html>", "esito/codice: no code", id="a page"),
        pytest.param(
            XML, b"<a><esito><codice>0</codice><codice>E1</codice></esito></a>", "differently", id="two codes"
        ),
        pytest.param(XML, b"<a><esito><codice><b>0</b></codice></esito></a>", "no text", id="an element as code"),
        pytest.param(XML, b"<a><esito><codice/></esito></a>", "no code", id="an empty code"),
        pytest.param(XML, b"<a><esito><codice>" + b"0" * 65 + b"</codice></esito></a>", "64 characters", id="long"),
        pytest.param(
            answers(format="xml", code="esito/@codice"),
            b"<a xmlns:a='urn:a' xmlns:b='urn:b'><esito a:codice='E1' b:codice='0'/></a>",
            "differently",
            id="two attributes of one local name",
        ),
        pytest.param(XML, b"<a>" + b"<b/>" * 300_001 + b"</a>", "more than 300000 parts", id="many elements"),
        pytest.param(JSON, b"[" + b"{}," * 300_001 + b"0]", "more than 300000 parts", id="many objects"),
        pytest.param(JSON, b"[" + b"[]," * 300_001 + b"0]", "more than 300000 parts", id="many lists"),
        pytest.param(JSON, b'{"esito": {"codice": {"#text": []}}}', "#text", id="a key of our trees"),
        pytest.param(
            XML,
            b"<?xml version='1.0' encoding='unicode_escape'?><a><esito><codice>0</codice></esito></a>",
            "an encoding that is not known",
            id="a codec that is none of text",
        ),
        pytest.param(XML, None, "no body", id="no body"),
        pytest.param(XML, b"", "no XML", id="empty"),
        pytest.param(XML, b'<?xml version="1.0" encoding="klingon"?><a/>', "no XML", id="unknown encoding"),
        pytest.param(JSON, b"[" * 100_000, "deeper than 64", id="deep json"),
        pytest.param(JSON, b"[" * 80 + b"]" * 80, "deeper than 64", id="rather deep json"),
        pytest.param(JSON, b'{"esito": {"codice": "E1", "codice": "0"}}', "twice", id="a key twice"),
        pytest.param(JSON, b'{"esito": {"codice": "0"}', "no JSON", id="cut json"),
        pytest.param(JSON, b'{"esito": "0"}', "no code", id="a text for an object"),
        pytest.param(JSON, b'{"esito": {"codice": null}}', "no text", id="null"),
        pytest.param(JSON, b"\xff", "no UTF-8", id="no text"),
        pytest.param(JSON, b"[" + b"0," * 2_100_000 + b"0]", "more than 4194304 bytes", id="huge"),
        pytest.param(
            JSON,
            json.dumps({"esito": {"codice": "0"}, "esiti": {"esito": [{"id": "AB123CD", "codice": "0"}]}}).encode(),
            "record 1: id: not a transit's id",
            id="an id that is none",
        ),
        pytest.param(
            JSON,
            json.dumps({"esito": {"codice": "0"}, "esiti": {"esito": [{"id": ID}]}}).encode(),
            "record 1: codice: no code",
            id="a record without a code",
        ),
    ],
)
def test_what_cannot_be_read_accepts_nothing(rules: Answers, data: bytes | None, told: str) -> None:
    with pytest.raises(ForwardError, match="nothing of it counts as accepted") as caught:
        read(rules, data)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "AB123CD" not in str(caught.value)


def test_a_body_that_was_not_read_accepts_nothing() -> None:
    with pytest.raises(ForwardError, match="a compressed body"):
        read(XML, None, unread="a compressed body")
    with pytest.raises(ForwardError, match="a compressed body"):
        read(STATUS, None, unread="a compressed body")


def test_two_codes_of_one_transit_contradict_each_other() -> None:
    two = [{"id": ID, "codice": "0"}, {"id": ID.upper(), "codice": "E1"}]
    with pytest.raises(ForwardError, match="record 2: answered twice, differently"):
        read(JSON, json.dumps({"esito": {"codice": "0"}, "esiti": {"esito": two}}).encode())


@given(st.one_of(st.binary(max_size=300), st.text('<>/ae0sito codice&!"=[]{}:,E1', max_size=200).map(str.encode)))
def test_no_bytes_are_an_acceptance_by_chance(data: bytes) -> None:
    for rules in (XML, JSON):
        try:
            found = read(rules, data)
        except ForwardError:
            continue
        assert found["*"].meaning != "ok" or b"0" in data


_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(["0", "E1", ID]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from([*PATHS, "esito", "esiti", "codice", "id"]), below)
    ),
    max_leaves=12,
)


@given(_VALUES)
def test_any_json_is_read_or_refused(value: Any) -> None:
    with suppress(ForwardError):
        read(JSON, json.dumps(value).encode())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"body": {"format": "json"}}, "needs code, or records"),
        ({"body": {"format": "json", "records": "a"}}, "go together"),
        ({"body": {"format": "none", "code": "a"}}, "format none has no paths"),
        ({"body": {"format": "json", "code": "a//b"}}, "names with / between"),
        ({"body": {"format": "json", "code": "a"}, "ok": []}, "at least one code"),
        ({"kind": "receipt", "ok": ["0"], "body": {"format": "json", "code": "a"}}, "goes with kind reply"),
        ({"status": {"ok": ["20x"]}}, "no status such as"),
        ({"status": {"ok": ["200"], "permanent": ["200"]}}, "listed twice"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Answers.model_validate_json(json.dumps({"kind": "reply", "ok": ["0"], **changes}))


def test_a_status_accepts_nothing_where_the_body_was_not_read() -> None:
    rules = Answers.model_validate({"kind": "reply", "body": {"format": "none"}})
    assert read(rules, b"whatever")["*"].meaning == "ok"
    with pytest.raises(ForwardError, match="a body that does not end; nothing of it counts as accepted"):
        read(rules, None, unread="a body that does not end")
