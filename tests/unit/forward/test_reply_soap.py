# SPDX-License-Identifier: AGPL-3.0-or-later
"""Replies of SOAP: a fault and what is no envelope accept nothing; a fault is judged by its most specific code."""

import json
from typing import Any

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.profile.answers import Answers
from anpr.forward.profile.soap import SoapRules
from anpr.forward.reply.verdict import Verdict, read_reply, said_by
from anpr.forward.transport import Receipt
from tests.support.soap_service import envelope, fault

ID = "01a1fd8c-6ce8-7000-8000-000000000001"
OK = f"<inviaResponse><esito><id>{ID}</id><codice>0</codice></esito></inviaResponse>"
V11, V12 = SoapRules(version="1.1"), SoapRules(version="1.2")


def answers(**changes: Any) -> Answers:
    return Answers.model_validate_json(json.dumps({"kind": "reply", **changes}))


CODES = answers(
    ok=["0"],
    permanent=["E1"],
    body={"format": "xml", "records": "Body/inviaResponse/esito", "record_id": "id", "record_code": "codice"},
)
STATUS = answers(status={"permanent": ["422"]})


def reply(data: bytes | None, status: str = "200", unread: str = "") -> Receipt:
    return Receipt(name="reply", status=status, data=data, unread=unread)


def read(rules: Answers, receipt: Receipt) -> dict[str, Verdict]:
    return read_reply(rules, receipt, V11)


@pytest.mark.parametrize("status", ["200", "202", "400", "500"])
@pytest.mark.parametrize(
    ("data", "meaning", "told"),
    [
        pytest.param(fault("e:Client"), "permanent", "'Client': perché no", id="client"),
        pytest.param(fault("e:Client.Schema"), "permanent", "Client.Schema", id="client, more exactly"),
        pytest.param(fault("e:Client.Authentication.Late"), None, "Client.Authentication.Late", id="login"),
        pytest.param(fault("e:Server", "AA000AA 7"), "transient", "'Server': … …", id="server"),
        pytest.param(fault("wsse:FailedAuthentication"), None, "FailedAuthentication", id="token"),
        pytest.param(fault("x:Unheard"), None, "Unheard", id="another"),
        pytest.param(fault(""), None, "answered ''", id="without a code"),
        pytest.param(envelope("<e:Fault>Server</e:Fault>"), None, "answered ''", id="a text"),
        pytest.param(fault("e:Sender", version="1.2"), "permanent", "'Sender': perché no", id="sender"),
        pytest.param(fault("e:Receiver", version="1.2"), "transient", "Receiver", id="receiver"),
        pytest.param(fault("e:Sender", version="1.2", subcode="w:InvalidSecurity"), None, "Inv", id="subcode"),
        pytest.param(fault("e:Sender", version="1.2", subcode="w:Schema"), "permanent", "Schema", id="a new subcode"),
        pytest.param(fault("e:Client").replace(b"</e:Fault>", b"</e:Fault>" + OK.encode()), "permanent", "", id="both"),
    ],
)
def test_a_fault_is_judged_by_its_code(status: str, data: bytes, meaning: str | None, told: str) -> None:
    for rules in (CODES, STATUS):
        said = said_by(rules, reply(data, status), V12)
        assert said.meaning == meaning
        assert said.told.startswith("fault: answered ")
        assert told in said.told
        if meaning == "permanent":
            assert {key: each.meaning for key, each in read(rules, reply(data, status)).items()} == {"*": "permanent"}
        else:
            with pytest.raises(ForwardError, match="a SOAP fault; nothing of it counts as accepted"):
                read(rules, reply(data, status))


@pytest.mark.parametrize(
    ("status", "meaning"), [("401", None), ("404", None), ("422", "permanent"), ("503", "transient")]
)
def test_another_status_counts_before_the_fault(status: str, meaning: str | None) -> None:
    assert said_by(STATUS, reply(fault("e:Client"), status), V11).meaning == meaning


def test_codes_may_have_other_meanings() -> None:
    faults = {"permanent": ["Schema"], "transient": ["Client"], "stop": []}
    rules = SoapRules.model_validate_json(json.dumps({"version": "1.1", "faults": faults}))
    assert said_by(CODES, reply(fault("e:Client.Schema")), rules).meaning == "transient"
    assert said_by(CODES, reply(fault("e:Schema")), rules).meaning == "permanent"
    assert said_by(CODES, reply(fault("e:Server")), rules).meaning is None


@pytest.mark.parametrize("rules", [CODES, STATUS], ids=["codes", "status"])
@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param(envelope(OK).replace(b"</e:Body>", b"</e:Body><e:Body/>"), "with two", id="two bodies"),
        pytest.param(envelope(OK).replace(b"e:Body", b"e:Bodi"), "without a Body", id="no body"),
        pytest.param(OK.encode(), "no SOAP envelope", id="no envelope"),
        pytest.param(envelope(OK).replace(b"http://schemas", b"http://schema"), "no SOAP envelope", id="namespace"),
        pytest.param(b"<!DOCTYPE a>" + envelope(OK), "DOCTYPE", id="a document type"),
        pytest.param(fault("e:A").replace(b"</e:Fault>", b"</e:Fault><e:Fault/>"), "two faults", id="two faults"),
        pytest.param(b"<html>", "no XML", id="a page"),
        pytest.param(b"", "no XML", id="nothing"),
        pytest.param(None, "no body", id="no body at all"),
    ],
)
def test_what_is_no_good_envelope_accepts_nothing(rules: Answers, data: bytes | None, told: str) -> None:
    with pytest.raises(ForwardError, match="nothing of it counts as accepted") as caught:
        read(rules, reply(data))
    assert told in str(caught.value)


def test_codes_are_read_below_the_envelope() -> None:
    for version in ("1.1", "1.2"):
        assert {key: each.meaning for key, each in read(CODES, reply(envelope(OK, version))).items()} == {ID: "ok"}
    with pytest.raises(ForwardError, match="no code in it"):
        read(CODES, reply(envelope(OK.replace("inviaResponse", "altro"))))


def test_a_service_that_names_no_codes_accepts_by_an_envelope_or_by_having_taken_it() -> None:
    ok = {"*": "ok"}
    for receipt in (reply(b"", "202"), reply(None, "204"), reply(envelope("<grazie/>"))):
        assert {key: each.meaning for key, each in read(STATUS, receipt).items()} == ok
    with pytest.raises(ForwardError, match="a compressed body"):
        read(STATUS, reply(None, "202", "a compressed body"))
