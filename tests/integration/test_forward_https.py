# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding to a web service with TLS on both sides: what it answers settles the ledger, and nothing else does."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from anpr.domain.delivery import RunOutcome
from anpr.domain.errors import ForwardError, InputError
from anpr.domain.organisation import MANAGER
from anpr.forward.requeue import requeue_day
from anpr.forward.runs import run_day
from anpr.forward.transport import open_transport
from anpr.settings import DestinationSettings
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope
from anpr.store.forwarding.requeues import list_requeues, undo_requeue
from scripts.lab.certificates import Authority
from scripts.lab.http_receiver import Received
from scripts.lab.https_server import HttpsServer, Told, https_server
from tests.support.forward_targets import destination
from tests.support.forwarding import DAY, NIGHT, Site, transits

SECRET = "una-parola-segreta"
PROFILE: dict[str, Any] = {
    "transports": ["https", "directory"],
    "encoding": {"kind": "json"},
    "file_name": "T_{destination}_{day:%Y%m%d}_{batch:03d}.json",
    "answers": {
        "kind": "reply",
        "ok": ["OK"],
        "permanent": ["E1"],
        "transient": ["E2"],
        "status": {"permanent": ["422"]},
        "body": {
            "format": "json",
            "records": "esiti",
            "record_id": "id",
            "record_code": "codice",
            "record_text": "testo",
        },
    },
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[HttpsServer]:
    authority = Authority(tmp_path, "authority")
    with https_server(tmp_path / "https", authority.issue("centro", "127.0.0.1"), authority.certificate) as server:
        yield server


@pytest.fixture
def keys(service: HttpsServer, tmp_path: Path) -> dict[str, Any]:
    authority = Authority(tmp_path, "strangers")
    (tmp_path / "secret").write_text(SECRET + "\n", encoding="utf-8")
    authority.issue("stranger", "127.0.0.1")
    return {
        "kind": "https",
        "url": f"{service.url}/{{name}}?ente=comune",
        "content_type": "application/json",
        "headers": {"X-File": "{name}", "Idempotency-Key": "{stem}-{sha256}", "X-Size": "{size}"},
        "auth": "bearer",
        "secret_file": str(tmp_path / "secret"),
        "ca_file": str(tmp_path / "authority.pem"),
        "certificate_file": str(tmp_path / "centro.crt"),
        "key_file": str(tmp_path / "centro.key"),
    }


@pytest.fixture
def site(database: Database, tmp_path: Path, keys: dict[str, Any]) -> Site:
    site = Site(database, tmp_path)
    site.profile = dict(PROFILE)
    site.destination = {"target": keys}
    return site


def ids(asked: Received) -> list[str]:
    return [record["id"] for record in json.loads(asked.body)["records"]]


def in_turn(*codes: str) -> Any:
    def answer(asked: Received) -> Told:
        told = [{"id": id, "codice": code, "testo": "x"} for id, code in zip(ids(asked), codes, strict=False)]
        return Told(200, json.dumps({"esiti": told}).encode())

    return answer


def test_each_transit_is_settled_by_its_own_code(site: Site, service: HttpsServer) -> None:
    service.answer = in_turn("OK", "E1", "E2")
    site.store(transits(3))
    report = run_day(site.job(), DAY).days[0]
    assert (report.sent, report.accepted, report.rejected, report.error) == (3, 1, 1, None)
    assert site.states() == {"accepted": 1, "rejected": 1, "queued": 1}
    assert [row["reason"] for row in site.ledger_rows()] == [None, "answered 'E1': x", None]
    service.answer = in_turn("OK")
    assert run_day(site.job(), DAY).days[0].accepted == 1
    assert site.states() == {"accepted": 2, "rejected": 1}
    (asked, again) = service.asked
    assert asked.path == "/transiti/T_questura_20261121_001.json?ente=comune"
    assert again.path == "/transiti/T_questura_20261121_002.json?ente=comune"
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["x-size"] == asked.headers["content-length"] == str(len(asked.body))
    assert asked.headers["idempotency-key"].startswith("T_questura_20261121_001-")


def test_one_record_a_request_is_a_batch_of_one(site: Site, service: HttpsServer) -> None:
    service.answer = in_turn("OK")
    site.profile |= {"batch_size": 1}
    site.destination |= {"most_per_minute": 30}
    site.store(transits(4))
    assert run_day(site.job(), DAY).days[0].accepted == 4
    assert [len(ids(asked)) for asked in service.asked] == [1, 1, 1, 1]
    assert (site.clock.now() - NIGHT).total_seconds() == 3 * 2.0


def test_a_transit_that_the_answer_does_not_name_stays_sent(site: Site, service: HttpsServer) -> None:
    service.answer = in_turn("OK")
    site.store(transits(3))
    report = run_day(site.job(), DAY).days[0]
    assert report.error == "T_questura_20261121_001.json: 2 transits have no answer in the reply"
    assert site.states() == {"accepted": 1, "sent": 2}


def test_what_was_never_answered_is_sent_again_by_hand_a_day_later(
    site: Site, forward_database: Database, service: HttpsServer
) -> None:
    site.ours = forward_database
    test_a_transit_that_the_answer_does_not_name_stays_sent(site, service)
    assert requeue_day(site.job(), DAY, "os:admin", "no answer", unanswered=True) == 0
    site.clock.advance(24 * 3600 + 60)
    assert requeue_day(site.job(), DAY, "os:admin", "no answer", unanswered=True) == 2
    assert site.states() == {"accepted": 1, "queued": 2}
    acting = site.database.limited_to(Scope(organisation_id=MANAGER, day=DAY))
    with acting.transaction() as conn:
        (made,) = list_requeues(conn, "questura", DAY, DAY)
        assert (made.author, made.number, made.is_waiting) == ("os:admin", 2, True)
        assert undo_requeue(conn, made.id, Author(name="anna", at=site.clock.now())) == 2
    assert site.states() == {"accepted": 1, "sent": 2}
    site.profile = {}
    site.destination = {}
    with pytest.raises(InputError, match="questura answers nothing"):
        requeue_day(site.job(), DAY, "os:admin", "no answer", unanswered=True)


def test_a_busy_service_is_asked_again_with_the_same_file(site: Site, service: HttpsServer) -> None:
    answers = iter([Told(503), Told(429, b"slower")])
    ok = in_turn("OK", "OK", "OK")
    service.answer = lambda asked: next(answers, None) or ok(asked)
    site.store(transits(3))
    assert run_day(site.job(), DAY).days[0].accepted == 3
    assert len({asked.body for asked in service.asked}) == 1
    assert len(service.asked) == 3


def test_a_file_that_is_refused_for_good_rejects_its_transits(site: Site, service: HttpsServer) -> None:
    service.answer = lambda _: Told(422, b"<html>AA000AA")
    site.store(transits(3))
    report = run_day(site.job(), DAY).days[0]
    assert (report.rejected, report.error) == (3, None)
    assert {row["reason"] for row in site.ledger_rows()} == {"answered 422"}


@pytest.mark.parametrize(
    ("told", "error"),
    [
        pytest.param(Told(401, b"who?"), "answered 401", id="login"),
        pytest.param(Told(404), "answered 404", id="address"),
        pytest.param(
            Told(307, headers={"Location": "https://altrove.example/x?targa=1"}),
            "a redirect to 'altrove.example': not followed",
            id="redirect",
        ),
        pytest.param(Told(302), "a redirect to '127.0.0.1", id="redirect without a place"),
        pytest.param(Told(302, headers={"Location": "https://["}), "127.0.0.1", id="redirect to no address"),
    ],
)
def test_what_a_person_must_look_at_stops_the_run_and_keeps_the_queue(
    site: Site, service: HttpsServer, told: Told, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    service.answer = lambda _: told
    site.store(transits(3))
    with caplog.at_level(logging.DEBUG):
        report = run_day(site.job(), DAY)
    assert report.is_permanent
    assert error in (report.days[0].error or "")
    assert site.states() == {"queued": 3}
    assert len(service.asked) == 1
    assert SECRET not in caplog.text + str(report.days[0]) + str(site.audit())


@pytest.mark.parametrize(
    ("told", "error"),
    [
        pytest.param(Told(200, b"<html>grazie</html>"), "no JSON", id="a page"),
        pytest.param(Told(200, b""), "no JSON", id="nothing"),
        pytest.param(Told(200, b"[" * (5 << 20)), "more than 4194304 bytes", id="huge"),
        pytest.param(Told(200, b"x", {"Content-Encoding": "gzip"}), "a compressed body", id="compressed"),
        pytest.param(Told(200, b'{"esiti": []}'), "no code in it", id="an empty list"),
    ],
)
def test_an_answer_that_cannot_be_read_accepts_nothing(
    site: Site, service: HttpsServer, told: Told, error: str
) -> None:
    service.answer = lambda _: told
    site.store(transits(3))
    report = run_day(site.job(), DAY).days[0]
    assert report.outcome is RunOutcome.FAILED
    assert error in (report.error or "")
    assert "nothing of it counts as accepted" in (report.error or "")
    assert site.states() == {"sent": 3}


def test_an_answer_that_is_cut_off_is_no_answer(site: Site, service: HttpsServer) -> None:
    service.answer = lambda _: Told(200, b'{"esiti": [', length=1000)
    site.store(transits(3))
    report = run_day(site.job(), DAY)
    assert (report.is_permanent, site.states()) == (False, {"queued": 3})
    service.answer = in_turn("OK", "OK", "OK")
    assert run_day(site.job(), DAY).days[0].accepted == 3
    assert len({asked.headers["idempotency-key"] for asked in service.asked}) == 1


def test_without_our_certificate_the_service_lets_nobody_in(keys: dict[str, Any], tmp_path: Path) -> None:
    for certificate in (None, "stranger"):
        shown = {
            "certificate_file": certificate and str(tmp_path / f"{certificate}.crt"),
            "key_file": certificate and str(tmp_path / f"{certificate}.key"),
        }
        with pytest.raises(ForwardError, match=r"refuses TLS with us|127\.0\.0\.1") as caught:
            send(destination({**keys, **shown}))
        assert SECRET not in str(caught.value)


def test_a_login_is_shown_as_the_settings_say(keys: dict[str, Any], service: HttpsServer) -> None:
    send(destination({**keys, "auth": "basic", "user": "comune"}))
    send(destination({**keys, "auth": "header", "auth_header": "X-Api-Key"}))
    send(destination({**keys, "auth": "none", "secret_file": None, "method": "PUT"}))
    first, second, third = service.asked
    assert first.headers["authorization"] == "Basic Y29tdW5lOnVuYS1wYXJvbGEtc2VncmV0YQ=="
    assert (second.headers["x-api-key"], "authorization" in second.headers) == (SECRET, False)
    assert (third.method, "authorization" in third.headers) == ("PUT", False)


def test_a_secret_that_is_no_header_is_told_without_it(keys: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("due\nrighe")
    with pytest.raises(ForwardError, match=r"the secret holds a sign that no header may have") as caught:
        send(destination(keys))
    assert "righe" not in str(caught.value)


def send(settings: DestinationSettings) -> None:
    with open_transport(settings) as transport:
        transport.send("T_1.json", b"{}")


SOAP: dict[str, Any] = {
    "batch_size": 1,
    "file_name": "T_{destination}_{day:%Y%m%d}_{batch:05d}.xml",
    "encoding": {"kind": "xml", "root": "soap:Envelope", "wrapper": "soap:Body", "record": "c:inviaTransito"},
    "header": [
        {"name": "@xmlns:soap", "value": "http://schemas.xmlsoap.org/soap/envelope/"},
        {"name": "@xmlns:c", "value": "urn:example:collettore"},
    ],
    "fields": [
        {"name": "c:id", "source": "transit.id", "required": True},
        {"name": "c:targa", "source": "plate", "required": True},
    ],
    "answers": {"kind": "reply", "ok": ["0"], "body": {"format": "xml", "code": "Body/inviaTransitoResponse/codice"}},
}
SOAP_REPLY = b"""<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<r:inviaTransitoResponse xmlns:r="urn:example:collettore"><r:codice>0</r:codice></r:inviaTransitoResponse>
</s:Body></s:Envelope>"""
SOAP_FAULT = b"""<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>
<faultcode>s:Server</faultcode><faultstring>0</faultstring></s:Fault></s:Body></s:Envelope>"""


def test_a_simple_soap_service_needs_a_profile_only(site: Site, service: HttpsServer, keys: dict[str, Any]) -> None:
    site.profile |= SOAP
    site.destination = {
        "target": {
            **keys,
            "content_type": "text/xml; charset=utf-8",
            "headers": {"SOAPAction": '"urn:example:collettore/inviaTransito"'},
        }
    }
    answers = iter([Told(500, SOAP_FAULT), Told(200, SOAP_FAULT)])
    service.answer = lambda _: next(answers, Told(200, SOAP_REPLY))
    site.store(transits(2))
    report = run_day(site.job(), DAY).days[0]
    assert (report.sent, report.accepted) == (2, 1)
    assert "Body/inviaTransitoResponse/codice: no code" in (report.error or "")
    assert site.states() == {"sent": 1, "accepted": 1}
    envelope = ElementTree.fromstring(service.asked[-1].body)
    assert envelope.tag == "{http://schemas.xmlsoap.org/soap/envelope/}Envelope"
    assert envelope.find("*/{urn:example:collettore}inviaTransito/{urn:example:collettore}targa") is not None
    assert service.asked[-1].headers["soapaction"] == '"urn:example:collettore/inviaTransito"'
