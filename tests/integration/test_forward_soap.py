# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding to a SOAP service with TLS: the envelope, who sends it, and that nothing but a good answer accepts."""

import json
import logging
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from anpr.console.forwarding.profiles import profile_state
from anpr.domain.errors import ForwardError
from anpr.forward.profile.answers import Answers
from anpr.forward.profile.soap import SoapRules
from anpr.forward.reply.verdict import read_reply, said_by
from anpr.forward.runs import run_day
from anpr.forward.transport import Receipt, open_transport
from anpr.runtime.clock import ManualClock, SystemClock
from anpr.settings.forwarding.ws_security import WsSecuritySettings
from anpr.store.database.connection import Database
from anpr.ws_security import open_security
from scripts.lab.certificates import Authority, Issued
from scripts.lab.http_receiver import Received
from scripts.lab.https_server import HttpsServer, Told, https_server
from tests.support.forward_targets import destination
from tests.support.forwarding import DAY, NIGHT, Site, transits
from tests.support.soap_service import Message, envelope, fault, verify

VERIFIER = Path(__file__).parents[1] / "support" / "VerifySoap.java"
SECRET = "una parola & segreta"
SPACE = "urn:example:collettore"
C = f"{{{SPACE}}}"
PROFILE: dict[str, Any] = {
    "transports": ["https"],
    "batch_size": 3,
    "file_name": "T_{destination}_{day:%Y%m%d}_{batch:03d}.xml",
    "encoding": {"kind": "xml", "root": "c:invia", "record": "c:transito"},
    "soap": {
        "version": "1.1",
        "action": "urn:example:collettore/invia",
        "namespaces": {"c": SPACE},
        "headers": [{"name": "c:Messaggio", "source": "batch.urn"}],
    },
    "fields": [
        {"name": "c:id", "source": "transit.id", "required": True},
        {"name": "c:targa", "source": "plate", "required": True},
    ],
    "answers": {
        "kind": "reply",
        "ok": ["0"],
        "permanent": ["E1"],
        "body": {"format": "xml", "records": "Body/inviaResponse/esito", "record_id": "id", "record_code": "codice"},
    },
}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def service(tmp_path: Path, authority: Authority) -> Iterator[HttpsServer]:
    with https_server(tmp_path / "soap", authority.issue("centro", "127.0.0.1"), authority.certificate) as server:
        server.answer = accepts
        yield server


@pytest.fixture
def keys(service: HttpsServer, tmp_path: Path, authority: Authority) -> dict[str, Any]:
    ours = authority.issue("comune", "127.0.0.1")
    (tmp_path / "secret").write_text(SECRET + "\n", encoding="utf-8")
    return {
        "kind": "https",
        "url": service.url,
        "ca_file": str(authority.certificate),
        "certificate_file": str(ours.certificate),
        "key_file": str(ours.key),
    }


@pytest.fixture
def site(database: Database, tmp_path: Path, keys: dict[str, Any]) -> Site:
    site = Site(database, tmp_path)
    site.profile = dict(PROFILE)
    site.destination = {"target": keys}
    return site


def accepts(asked: Received) -> Told:
    found = [f"<esito><id>{id.text}</id><codice>0</codice></esito>" for id in Message(asked).all(f".//{C}id")]
    return Told(200, envelope(f"<inviaResponse>{''.join(found)}</inviaResponse>", Message(asked).version))


def forward(site: Site, count: int = 2) -> str:
    """Forward so many transits; what was wrong, if anything."""
    site.store(transits(count))
    return run_day(site.job(), DAY).days[0].error or ""


@pytest.mark.parametrize(
    ("version", "content_type", "action"),
    [
        ("1.1", "text/xml; charset=utf-8", '"urn:example:collettore/invia"'),
        ("1.2", 'application/soap+xml; charset=utf-8; action="urn:example:collettore/invia"', None),
    ],
)
def test_a_batch_goes_in_an_envelope_of_its_version(
    site: Site, service: HttpsServer, version: str, content_type: str, action: str | None
) -> None:
    site.profile["soap"] = {**PROFILE["soap"], "version": version}
    assert forward(site) == ""
    assert site.states() == {"accepted": 2}
    (asked,) = service.asked
    message = Message(asked)
    assert message.version == version
    assert message.body.tag == f"{C}invia"
    assert [plate.text for plate in message.body.findall(f"{C}transito/{C}targa")] == ["AA000AA", "AA001AA"]
    assert message.text(f".//{C}Messaggio").startswith("urn:uuid:")
    assert (asked.headers["content-type"], asked.headers.get("soapaction")) == (content_type, action)


def test_one_transit_an_envelope_has_its_fields_in_the_operation(site: Site, service: HttpsServer) -> None:
    site.profile |= {"batch_size": 1, "encoding": {"kind": "xml", "root": "c:invia"}}
    assert forward(site) == ""
    assert site.states() == {"accepted": 2}
    assert [[part.tag for part in Message(asked).body] for asked in service.asked] == [[f"{C}id", f"{C}targa"]] * 2
    first, second = (Message(asked).text(f".//{C}Messaggio") for asked in service.asked)
    assert first != second


@pytest.mark.parametrize(
    ("told", "state", "error", "asked"),
    [
        pytest.param(Told(500, fault("e:Client", "AA000AA")), "rejected", "", 1, id="client"),
        pytest.param(Told(200, fault("wsse:FailedAuthentication")), "queued", "FailedAuthentication", 1, id="login"),
        pytest.param(Told(500, fault("e:Server", "AA000AA 7 x")), "queued", "'Server': … … x", 4, id="server"),
        pytest.param(Told(200, envelope("<x/>")), "sent", "no code", 1, id="another answer"),
    ],
)
def test_a_fault_never_accepts_and_is_judged_by_its_code(
    site: Site, service: HttpsServer, told: Told, state: str, error: str, asked: int
) -> None:
    service.answer = lambda _: told
    assert error in forward(site)
    assert site.states() == {state: 2}
    assert len(service.asked) == asked
    assert {row["reason"] for row in site.ledger_rows()} == {
        "fault: answered 'Client': …" if state == "rejected" else None
    }


def test_who_sends_is_in_a_token_that_is_new_at_each_try(
    site: Site, service: HttpsServer, keys: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys["ws_security"] = {"username": "comune", "secret_file": str(tmp_path / "secret")}
    answers = iter([Told(503)])
    service.answer = lambda asked: next(answers, None) or accepts(asked)
    with caplog.at_level(logging.DEBUG):
        assert forward(site) == ""
    first, again = (Message(asked) for asked in service.asked)
    for message in (first, again):
        assert message.is_from("comune", SECRET)
        assert not message.is_from("comune", "another")
        (security,) = message.all("*/wsse:Security")
        assert security.get("{http://schemas.xmlsoap.org/soap/envelope/}mustUnderstand") == "1"
    assert first.text(".//wsse:Nonce") != again.text(".//wsse:Nonce")
    assert first.text(".//wsu:Timestamp/wsu:Created") == "2026-11-22T01:30:00.000Z"
    assert first.text(".//wsu:Timestamp/wsu:Expires") == "2026-11-22T01:35:00.000Z"
    assert again.text(".//wsu:Timestamp/wsu:Created") == "2026-11-22T01:30:01.000Z"
    assert [id.text for id in first.all(f".//{C}id")] == [id.text for id in again.all(f".//{C}id")]
    assert SECRET not in caplog.text


def sign(keys: dict[str, Any], tmp_path: Path, **more: Any) -> Issued:
    """Add a signature to the target; the certificate that verifies it."""
    issued = Authority(tmp_path, "signers").issue("firma", "127.0.0.1")
    pair = {"certificate_file": str(issued.certificate), "key_file": str(issued.key)}
    keys["ws_security"] = {**pair, **more}
    return issued


def test_body_and_whatever_is_asked_for_are_signed(
    site: Site, service: HttpsServer, keys: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    issued = sign(
        keys,
        tmp_path,
        username="comune",
        password_type="text",
        secret_file=str(tmp_path / "secret"),
        signed=["body", "timestamp", "username-token", "certificate"],
        timestamp_s=None,
        must_understand=False,
    )
    with caplog.at_level(logging.DEBUG):
        assert forward(site) == ""
    message = Message(service.asked[0])
    assert message.signed_parts(issued.certificate) == {"Body", "UsernameToken", "BinarySecurityToken"}
    assert message.all("*/wsse:Security")[0].attrib == {}
    assert message.is_from("comune", SECRET)
    changed = Message(replace(message.asked, body=message.asked.body.replace(b"AA000AA", b"AA000AB")))
    with pytest.raises(InvalidSignature):
        changed.signed_parts(issued.certificate)
    assert SECRET.rsplit(" ", maxsplit=1)[-1] not in caplog.text


@pytest.mark.parametrize(
    ("made", "told"),
    [
        pytest.param(lambda data, _: data, "its signature: not good", id="unsigned"),
        pytest.param(lambda data, by: signed(data, by[1]), "its signature: not good", id="another key"),
        pytest.param(
            lambda data, by: signed(data, by[0]).replace(b">E1<", b">0<"), "its signature: not good", id="changed"
        ),
        pytest.param(lambda _, __: b"<!DOCTYPE a>" + envelope("<x/>"), "DOCTYPE", id="a document type"),
        pytest.param(lambda _, __: b"<a>", "no XML", id="no xml"),
        pytest.param(lambda _, __: b"<a/>", "no SOAP envelope", id="no envelope"),
        pytest.param(lambda data, by: signed(data, by[0]).replace(b"soap:Body", b"soap:Bodi"), "not good", id="moved"),
    ],
)
def test_what_the_pinned_key_has_not_signed_accepts_nothing(
    service: HttpsServer, keys: dict[str, Any], tmp_path: Path, made: Any, told: str
) -> None:
    by = pinned(keys, tmp_path)
    service.answer = lambda _: Told(200, made(REFUSAL, by))
    receipt = sent(keys)
    assert told in receipt.unread
    assert receipt.data is None  # or a fault that nobody signed would reject all
    with pytest.raises(ForwardError, match="nothing of it counts as accepted"):
        read_reply(RULES, receipt, SoapRules(version="1.1"))


def test_what_the_pinned_key_has_signed_is_all_that_is_read(
    service: HttpsServer, keys: dict[str, Any], tmp_path: Path
) -> None:
    by = pinned(keys, tmp_path)

    def wrapped(message: bytes) -> bytes:
        """The signed Body where nobody looks, and a better one in its place."""
        start, end = message.index(b"<soap:Body"), message.index(b"</soap:Body>") + len(b"</soap:Body>")
        body = message[start:end]
        other = body.replace(b"anpr-body", b"other").replace(b">E1<", b">0<")
        return message[:start] + b"<x>" + body + b"</x>" + other + message[end:]

    service.answer = lambda _: Told(200, wrapped(signed(REFUSAL, by[0])))
    found = read_reply(RULES, sent(keys), SoapRules(version="1.1"))
    assert {key: each.meaning for key, each in found.items()} == {ID: "permanent"}
    service.answer = lambda _: Told(500, fault("e:Server"))
    assert said_by(RULES, sent(keys), SoapRules(version="1.1")).meaning == "transient"


ID = "01a1fd8c-6ce8-7000-8000-000000000001"
RULES = Answers.model_validate_json(json.dumps(PROFILE["answers"]))
REFUSAL = envelope(f"<inviaResponse><esito><id>{ID}</id><codice>E1</codice></esito></inviaResponse>")


def pinned(keys: dict[str, Any], tmp_path: Path) -> tuple[Issued, Issued]:
    """The target pins the first of these."""
    (tmp_path / "other").mkdir()
    good, other = rsa_certificate(tmp_path), rsa_certificate(tmp_path / "other")
    keys["ws_security"] = {"reply_certificate_file": str(good.certificate)}
    return good, other


def sent(keys: dict[str, Any]) -> Receipt:
    with open_transport(destination(keys), SoapRules(version="1.1")) as transport:
        return transport.send("T_1.xml", envelope("<x/>"))


def signed(message: bytes, issued: Issued) -> bytes:
    """A reply that bears a signature over its Body."""
    ours = message.replace(b"<e:", b"<soap:").replace(b"</e:", b"</soap:").replace(b"xmlns:e=", b"xmlns:soap=")
    pair = {"certificate_file": str(issued.certificate), "key_file": str(issued.key)}
    security = open_security(WsSecuritySettings.model_validate(pair), "x", ManualClock(NIGHT))
    made = security.secured(ours.replace(b"<soap:Header/>", b""))
    assert verify(made, x509.load_pem_x509_certificate(issued.certificate.read_bytes())) == {"Body", "Timestamp"}
    return made


@pytest.mark.skipif(shutil.which("java") is None, reason="needs a JDK")
def test_the_signature_holds_for_another_implementation(tmp_path: Path) -> None:
    issued = Authority(tmp_path, "signers").issue("firma", "127.0.0.1")
    rsa_pair = rsa_certificate(tmp_path)
    told = []
    for number, (pair, version) in enumerate([(issued, "1.1"), (rsa_pair, "1.2")]):
        message = tmp_path / f"{number}.xml"
        message.write_bytes(
            signed(envelope("<c:invia xmlns:c='urn:x'><c:targa>AA000AA</c:targa></c:invia>", version), pair)
        )
        changed = tmp_path / f"{number}-changed.xml"
        changed.write_bytes(message.read_bytes().replace(b"AA000AA", b"AA000AB"))
        command = ["java", str(VERIFIER), str(pair.certificate), str(message), str(changed)]
        told += subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert told == ["valid #anpr-body #anpr-timestamp", "INVALID #anpr-body #anpr-timestamp"] * 2


def rsa_certificate(folder: Path) -> Issued:
    """Signed by itself, as many a municipality's is."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "comune")])
    now = SystemClock().now()
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = (
        builder.serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    issued = Issued(certificate=folder / "rsa.crt", key=folder / "rsa.key", both=folder / "rsa.pem")
    issued.certificate.write_bytes(made.public_bytes(Encoding.PEM))
    issued.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return issued


@pytest.mark.parametrize("key", ["certificate_file", "reply_certificate_file"])
def test_without_the_extra_the_key_that_needs_it_is_named(
    keys: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    sign(keys, tmp_path)
    if key == "reply_certificate_file":
        keys["ws_security"] = {key: keys["ws_security"]["certificate_file"]}
    monkeypatch.setitem(sys.modules, "signxml", None)
    with pytest.raises(ForwardError, match=rf"target\.ws_security\.{key}: signatures need the extra soap") as caught:
        opened(keys)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"username": "comune", "secret_env": "NONE_SUCH"}, "ws_security.secret_env: the environment variable"),
        ({"username": "comune", "secret_file": "/none"}, "ws_security.secret_file: /none"),
        ({"reply_certificate_file": "/none"}, "ws_security.reply_certificate_file: /none"),
        ({"certificate_file": "/none", "key_file": "/none"}, "ws_security.certificate_file: /none"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(keys: dict[str, Any], changes: dict[str, Any], told: str) -> None:
    keys["ws_security"] = changes
    with pytest.raises(ForwardError, match=re.escape(told)) as caught:
        opened(keys)
    assert caught.value.permanent


def opened(keys: dict[str, Any]) -> None:
    with open_transport(destination(keys), SoapRules(version="1.1")):
        pass


@pytest.mark.parametrize(
    ("soap", "changes", "told"),
    [
        (
            None,
            {"ws_security": {"username": "u", "secret_env": "X"}},
            "target.ws_security: profile test has no",
        ),
        (PROFILE["soap"], {"content_type": "text/xml"}, "target.content_type: profile test is SOAP"),
        (PROFILE["soap"], {"headers": {"soapaction": "x"}}, "target.headers: SOAPAction is said by profile test"),
    ],
)
def test_settings_and_profile_say_different_things_once(
    site: Site, keys: dict[str, Any], soap: Any, changes: dict[str, Any], told: str
) -> None:
    site.profile |= {"soap": soap}
    keys |= changes
    with pytest.raises(ForwardError, match=re.escape(told)):
        site.job()
    assert told in profile_state(site.settings().forwarding[0]).fault  # the console says what the forwarder refuses
