# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the simulated office answers is what our own reading makes of it, at whatever paths a profile names."""

from typing import Any

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.profile.answers import Answers
from anpr.forward.receipts import verdicts_of_receipt
from anpr.forward.reply.verdict import Verdict, read_reply
from anpr.forward.transport import Receipt
from anpr.simulator.behaviour import Behaviour
from anpr.simulator.reading.record import ReceivedRecord
from anpr.simulator.replies import SoapVersion, soap_version, write_fault, write_receipt, write_reply
from anpr.simulator.settling import settle, what_is_said

IDS = ("0196d0e0-0000-7000-8000-000000000000", "0196d0e0-0000-7000-8000-000000000001")
PLATES = ("AA000AA", "AB001AA")
RULE: dict[str, Any] = {"rules": ({"plate": "AB*", "answer": "permanent", "text": "targa ignota"},)}
CODES = {"ok": ("OK",), "permanent": ("E1",), "transient": ("E2",)}


def answers(**body: Any) -> Answers:
    kind = {"kind": "reply", "body": body} if body else {"kind": "receipt"}
    return Answers.model_validate({**kind, **CODES})


def reply(shape: Answers, soap: SoapVersion | None = None, /, **behaviour: Any) -> Receipt:
    """Of two transits."""
    held = Behaviour.model_validate(behaviour)
    records = [
        ReceivedRecord(number=number, id=id, plate=plate, captured_at="", gate="", values={})
        for number, (id, plate) in enumerate(zip(IDS, PLATES, strict=True), start=1)
    ]
    settled = [settle(held, shape, record) for record in records]
    found = write_reply(shape, settled, what_is_said(held, shape, settled), soap)
    return Receipt(name="reply", status=str(found.status), data=found.body)


def meanings(verdicts: dict[str, Verdict]) -> dict[str, str]:
    return {key: each.meaning for key, each in verdicts.items()}


RECORDS = {"records": "esiti/transito", "record_id": "id", "record_code": "codice", "record_text": "motivo"}
SHAPES: dict[str, dict[str, Any]] = {
    "json": {"format": "json", "code": "esito/codice", **RECORDS},
    "json list": {"format": "json", "records": "*", "record_id": "id", "record_code": "codice"},
    "xml": {"format": "xml", **RECORDS},
    "xml attributes": {"format": "xml", "records": "a/b", "record_id": "@id", "record_code": "c/@codice"},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_transit_has_its_code_where_the_profile_looks(shape: str) -> None:
    found = read_reply(answers(**SHAPES[shape]), reply(answers(**SHAPES[shape]), **RULE))
    assert meanings({id: found[id] for id in IDS}) == {IDS[0]: "ok", IDS[1]: "permanent"}


def test_why_is_said_too() -> None:
    found = read_reply(answers(**SHAPES["json"]), reply(answers(**SHAPES["json"]), **RULE))
    assert found[IDS[1]].reason == "answered 'E1': targa ignota"


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_an_envelope_is_answered_by_one(version: SoapVersion) -> None:
    shape = answers(format="xml", code="Body/InviaResponse/codice")
    told = reply(shape, version)
    assert soap_version(told.data or b"") == version
    assert meanings(read_reply(shape, told)) == {"*": "ok"}
    assert meanings(read_reply(shape, reply(shape, version, **RULE))) == {"*": "permanent"}


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_fault_is_no_code(version: SoapVersion) -> None:
    fault = write_fault(version, 500)
    shape = answers(format="xml", code="Body/InviaResponse/codice")
    assert fault.status == 500
    with pytest.raises(ForwardError, match="no code"):
        read_reply(shape, Receipt(name="reply", status="200", data=fault.body))


def test_two_answers_at_odds_accept_nothing() -> None:
    for shape in (answers(**SHAPES["xml"]), answers(format="json", code="codice")):
        with pytest.raises(ForwardError, match="differently"):
            read_reply(shape, reply(shape, receipts="contradictory"))


def test_a_receipt_has_ids_and_codes_in_the_columns_of_the_profile() -> None:
    shape = Answers.model_validate({"kind": "receipt", "delimiter": "|", "id_column": 3, "code_column": 2, **CODES})
    held = Behaviour.model_validate(RULE)
    record = ReceivedRecord(number=1, id=IDS[1], plate=PLATES[1], captured_at="", gate="", values={})
    data = write_receipt(shape, what_is_said(held, shape, [settle(held, shape, record)]))
    assert meanings(verdicts_of_receipt(shape, Receipt(name="x", data=data))) == {IDS[1]: "permanent"}


def test_a_profile_without_answers_gets_none() -> None:
    assert reply(Answers()).data == b""


def test_a_code_of_a_rule_means_what_the_profile_says() -> None:
    held = Behaviour.model_validate({"rules": [{"plate": "*", "answer": "permanent", "code": "E2"}]})
    record = ReceivedRecord(number=1, id=IDS[0], plate=PLATES[0], captured_at="", gate="", values={})
    assert settle(held, answers(**SHAPES["json"]), record).meaning == "transient"
