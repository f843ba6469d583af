# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists from web services with TLS and our certificate: what is new, whole or not at all; by GET and by SOAP."""

import base64
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from anpr.runtime.clock import SystemClock
from anpr.settings.forwarding.ws_security import WsSecuritySettings
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.watchlists.places import troubled_places
from anpr.store.watchlists.received import ask_now
from anpr.ws_security import open_security
from anpr.ws_security.envelope import ENVELOPES
from scripts.lab.certificates import Authority, Issued
from scripts.lab.http_receiver import Received
from scripts.lab.https_server import HttpsServer, Told, https_server
from scripts.lab.transits import START
from tests.support.received_lists import LIST, ReceivedSite, changes, plates_of, received_site, whole
from tests.support.soap_service import Message

SECRET = "una-parola-segreta"
SEVEN = whole(7, plates_of(10))
REQUEST = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<Lista xmlns="urn:prova"><versione>{version}</versione></Lista></s:Body></s:Envelope>'
)
ENVELOPE = '<s:Envelope xmlns:s="x"><s:Body>%s</s:Body></s:Envelope>'
REPLY = ENVELOPE % '<r:Risposta xmlns:r="urn:prova"><r:file>%s</r:file></r:Risposta>'
FAULT = ENVELOPE % "<s:Fault><faultstring>lista non\n pronta</faultstring></s:Fault>"
XOP = '<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:lista%40centro"/>'


class Centre:
    """A web service that hands the list out, and the keys of a place that asks it."""

    def __init__(self, folder: Path, server: HttpsServer, authority: Authority, ours: Issued) -> None:
        secret = folder / "token"
        secret.write_text(SECRET)
        self.server = server
        self.keys: dict[str, Any] = {
            "url": f"https://127.0.0.1:{server.port}/liste/a1.xml?da={{version}}",
            "auth": "bearer",
            "secret_file": str(secret),
            "ca_file": str(authority.certificate),
            "certificate_file": str(ours.certificate),
            "key_file": str(ours.key),
        }

    def answers(self, *told: Told) -> None:
        """These, one after the other; the last one from then on."""
        left = list(told)
        self.server.answer = lambda _: left.pop(0) if len(left) > 1 else left[0]

    @property
    def asked(self) -> list[Received]:
        return self.server.asked


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    authority = Authority(tmp_path, "authority")
    ours, theirs = authority.issue("comune", "127.0.0.1"), authority.issue("centro", "127.0.0.1")
    with https_server(tmp_path / "https", theirs, authority.certificate) as server:
        yield Centre(tmp_path, server, authority, ours)


@pytest.fixture
def site(database: Database, tmp_path: Path, centre: Centre) -> ReceivedSite:
    return received_site(database, tmp_path, https=centre.keys, every_s=3600)


def soap_site(database: Database, folder: Path, centre: Centre, **more: Any) -> ReceivedSite:
    (folder / "richiesta.xml").write_text(REQUEST)
    keys = {**centre.keys, "request_file": str(folder / "richiesta.xml"), "reply_file": "Envelope/Body/Risposta/file"}
    return received_site(database, folder, soap={**keys, **more})


def look_again(site: ReceivedSite) -> int:
    site.clock.advance(3600)
    return site.pickup.look()


def failure(site: ReceivedSite) -> str:
    with site.database.transaction() as conn:
        return "".join(each.failure for each in troubled_places(conn, site.clock.now(), 3600))


def test_a_list_is_fetched_with_our_certificate_and_token_when_it_is_time(site: ReceivedSite, centre: Centre) -> None:
    centre.answers(Told(body=SEVEN, headers={"ETag": '"v7"', "Last-Modified": "Fri, 20 Nov 2026 05:00:00 GMT"}))
    assert (site.pickup.look(), site.pickup.look(), len(centre.asked)) == (0, 0, 1)
    assert (site.version, len(site.plates())) == ("7", 10)
    first = centre.asked[0]
    assert (first.method, first.path, first.headers["authorization"]) == (
        "GET", "/liste/a1.xml?da=", f"Bearer {SECRET}",
    )  # fmt: skip
    centre.answers(Told(status=304))
    assert look_again(site) == 0
    second = centre.asked[1]
    assert (second.path, second.headers["if-none-match"]) == ("/liste/a1.xml?da=7", '"v7"')
    assert second.headers["if-modified-since"] == "Fri, 20 Nov 2026 05:00:00 GMT"
    assert len(site.state().deliveries) == 1
    assert [path.name for path in site.folder.iterdir() if path.is_file()] == []


def test_after_changes_that_do_not_follow_the_whole_list_is_asked_for(site: ReceivedSite, centre: Centre) -> None:
    centre.answers(Told(body=SEVEN), Told(body=changes(9, 8, [("I", "ZZ999ZZ")])), Told(body=whole(9, plates_of(11))))
    for _ in range(3):
        look_again(site)
    assert [each.path.partition("=")[2] for each in centre.asked] == ["", "7", ""]
    assert (site.version, len(site.plates())) == ("9", 11)


def test_a_person_gets_it_at_once_and_whatever_it_is(site: ReceivedSite, centre: Centre) -> None:
    centre.answers(Told(body=SEVEN, headers={"ETag": '"v7"'}))
    site.pickup.look()
    site.clock.advance(5)
    with site.database.transaction() as conn:
        ask_now(conn, LIST, Author(name="anna", at=site.clock.now()))
    site.clock.advance(1)
    site.pickup.look()
    assert "if-none-match" not in centre.asked[1].headers
    assert [str(each.outcome) for each in site.state().deliveries] == ["same", "taken"]


def _digest(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def test_a_digest_that_fits_is_taken(site: ReceivedSite, centre: Centre) -> None:
    centre.answers(Told(body=SEVEN, headers={"Repr-Digest": _digest(SEVEN)}))
    assert (site.pickup.look(), site.version) == (0, "7")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        pytest.param(
            Told(302, headers={"Location": "https://altrove.example/"}), "redirect to 'altrove", id="redirect"
        ),
        pytest.param(Told(200, SEVEN[:200], length=len(SEVEN)), "a1.xml: ", id="cut"),
        pytest.param(Told(200, SEVEN, {"Repr-Digest": _digest(b"x")}), "other bytes than its digest", id="digest"),
        pytest.param(Told(200, SEVEN, {"Content-Digest": "sha-256=:a=:"}), "other bytes", id="no digest"),
        pytest.param(Told(200, SEVEN, {"Content-Encoding": "gzip"}), "a compressed body", id="packed"),
        pytest.param(Told(404), "answered 404", id="gone"),
        pytest.param(Told(500, b"x"), "answered 500", id="failing"),
    ],
)
def test_what_is_no_whole_answer_changes_nothing_and_is_told(
    site: ReceivedSite, centre: Centre, told: Told, why: str
) -> None:
    centre.answers(told)
    assert site.pickup.look() == 1
    assert why in failure(site)
    assert SECRET not in failure(site)
    assert [path.name for path in site.folder.iterdir() if path.is_file()] == []
    centre.answers(Told(body=SEVEN))
    site.clock.advance(300)
    assert (site.pickup.look(), site.version, failure(site)) == (0, "7", ""), "tried again soon"


def test_a_server_that_another_authority_has_signed_gets_nothing(
    database: Database, tmp_path: Path, centre: Centre
) -> None:
    (tmp_path / "altra").mkdir()
    other = Authority(tmp_path / "altra", "altra")
    site = received_site(database, tmp_path, https={**centre.keys, "ca_file": str(other.certificate)})
    assert site.pickup.look() == 1
    assert "its certificate is refused" in failure(site)
    assert centre.asked == []


def test_a_name_from_the_answer_leads_nowhere_else(site: ReceivedSite, centre: Centre) -> None:
    centre.answers(Told(body=SEVEN, headers={"Content-Disposition": 'attachment; filename="../../oltre.xml"'}))
    site.pickup.look()
    centre.answers(
        Told(body=whole(8, plates_of(10)), headers={"Content-Disposition": 'attachment; filename="A1_8.xml"'})
    )
    look_again(site)
    assert [each.file_name for each in site.state().deliveries] == ["A1_8.xml", "a1.xml"]


def _parts(envelope: str, attached: bytes) -> Told:
    head = b"--b1\r\nContent-Type: application/xop+xml\r\nContent-ID: <radice>\r\n\r\n"
    middle = b"\r\n--b1\r\nContent-Type: application/octet-stream\r\nContent-ID: <lista@centro>\r\n\r\n"
    body = head + envelope.encode() + middle + attached + b"\r\n--b1--\r\n"
    return Told(body=body, headers={"Content-Type": 'multipart/related; type="application/xop+xml"; boundary="b1"'})


def _base64(content: bytes) -> str:
    """In lines, as many write it."""
    return base64.encodebytes(content).decode()


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(Told(body=(REPLY % _base64(SEVEN)).encode()), id="base64"),
        pytest.param(_parts(REPLY % XOP, SEVEN), id="attachment"),
    ],
)
def test_a_list_comes_as_the_answer_to_a_soap_request(
    database: Database, tmp_path: Path, centre: Centre, told: Told
) -> None:
    site = soap_site(database, tmp_path, centre, action="urn:prova#lista")
    centre.answers(told)
    assert (site.pickup.look(), site.version, len(site.plates())) == (0, "7", 10)
    asked = centre.asked[0]
    assert (asked.method, asked.headers["soapaction"]) == ("POST", '"urn:prova#lista"')
    assert b"<versione></versione>" in asked.body
    look_again(site)
    assert b"<versione>7</versione>" in centre.asked[1].body
    assert len(site.state().deliveries) == 1, "the same content is not read again"


def test_an_answer_that_is_the_list_itself_is_read_by_its_profile(
    database: Database, tmp_path: Path, centre: Centre
) -> None:
    site = soap_site(database, tmp_path, centre, reply_file=None, soap="1.2")
    centre.answers(Told(body=SEVEN))
    assert (site.pickup.look(), site.version) == (0, "7")
    assert centre.asked[0].headers["content-type"].startswith("application/soap+xml")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        pytest.param(Told(500, FAULT.encode()), "SOAP fault: lista non pronta", id="fault"),
        pytest.param(Told(200, FAULT.encode()), "SOAP fault", id="fault with 200"),
        pytest.param(Told(500, (REPLY % _base64(SEVEN)).encode()), "answered 500", id="list with 500"),
        pytest.param(Told(200, (REPLY % _base64(SEVEN)[:-10]).encode()), "cut off", id="cut"),
        pytest.param(Told(200, (REPLY % "non base64!").encode()), "base64", id="no base64"),
        pytest.param(Told(200, (REPLY % "").encode()), "no file at", id="empty"),
        pytest.param(Told(200, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "DOCTYPE", id="doctype"),
        pytest.param(Told(200, b""), "an empty answer", id="nothing"),
        pytest.param(_parts(REPLY % XOP.replace("lista%40", "altra%40"), SEVEN), "no attachment", id="other"),
    ],
)
def test_an_answer_without_a_file_changes_nothing(
    database: Database, tmp_path: Path, centre: Centre, told: Told, why: str
) -> None:
    site = soap_site(database, tmp_path, centre)
    centre.answers(told)
    assert site.pickup.look() == 1
    assert why in failure(site)
    assert (site.state().deliveries, site.plates()) == ([], [])
    assert sorted(path.name for path in site.folder.iterdir()) == []


def secured_site(database: Database, folder: Path, centre: Centre, **keys: Any) -> tuple[ReceivedSite, Issued]:
    """A list by SOAP whose requests are signed, and whose answers the second of these must sign."""
    ours, theirs = signer(folder, "firma"), signer(folder, "centro-firma")
    password = folder / "password"
    password.write_text(SECRET)
    security = {
        "username": "comune", "secret_file": str(password), "certificate_file": str(ours.certificate),
        "key_file": str(ours.key), "reply_certificate_file": str(theirs.certificate),
    }  # fmt: skip
    return soap_site(database, folder, centre, ws_security=security, **keys), theirs


def signer(folder: Path, name: str) -> Issued:
    """Certified by an authority that nobody here knows, for twenty years around the test's clock."""
    key, authority = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, "autorità"))
    made = Issued(certificate=folder / f"{name}.crt", key=folder / f"{name}.key", both=folder / f"{name}.pem")
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        .serial_number(7).not_valid_before(START - timedelta(days=3650)).not_valid_after(START + timedelta(days=3650))
        .sign(authority, hashes.SHA256())
    )  # fmt: skip
    made.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


def signed_by(issued: Issued, envelope: str) -> bytes:
    """The centre's answer with its signature over the Body."""
    pair = {"certificate_file": str(issued.certificate), "key_file": str(issued.key)}
    security = open_security(WsSecuritySettings.model_validate(pair), "x", SystemClock())
    return security.secured(envelope.replace('xmlns:s="x"', f'xmlns:s="{ENVELOPES["1.1"]}"').encode())


def test_a_signed_request_is_answered_by_a_signed_list(database: Database, tmp_path: Path, centre: Centre) -> None:
    site, theirs = secured_site(database, tmp_path, centre)
    centre.answers(Told(body=signed_by(theirs, REPLY % _base64(SEVEN))))
    assert (site.pickup.look(), site.version, len(site.plates())) == (0, "7", 10)
    look_again(site)
    assert len(site.state().deliveries) == 1, "the same content under another signature is not read again"
    first, second = map(Message, centre.asked)
    assert first.is_from("comune", SECRET)
    assert first.signed_parts(tmp_path / "firma.crt") == {"Body", "Timestamp"}
    assert first.body.tag == "{urn:prova}Lista"
    assert first.text(".//wsse:Nonce") != second.text(".//wsse:Nonce")


@pytest.mark.parametrize("reply_file", [None, "Envelope/Body/Risposta/file"])
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(lambda data: data.replace(b":Body", b":Bodi"), "its signature", id="moved"),
        pytest.param(lambda data: data.replace(b"file>", b"file> "), "its signature", id="changed"),
        pytest.param(lambda _: (REPLY % _base64(SEVEN)).encode(), "its signature", id="unsigned"),
        pytest.param(lambda _: FAULT.encode(), "SOAP fault: lista non pronta", id="fault"),
        pytest.param(lambda _: b"", "an empty answer", id="nothing"),
    ],
)
def test_a_list_that_the_pinned_key_has_not_signed_is_not_taken(
    database: Database, tmp_path: Path, centre: Centre, spoil: Any, why: str, reply_file: str | None
) -> None:
    site, theirs = secured_site(database, tmp_path, centre, reply_file=reply_file)
    centre.answers(Told(body=spoil(signed_by(theirs, REPLY % _base64(SEVEN)))))
    assert site.pickup.look() == 1
    assert why in failure(site)
    assert (site.state().deliveries, site.plates()) == ([], [])
    assert sorted(path.name for path in site.folder.iterdir()) == []


def test_attachments_that_no_signature_covers_are_not_taken(database: Database, tmp_path: Path, centre: Centre) -> None:
    site, theirs = secured_site(database, tmp_path, centre)
    centre.answers(_parts(signed_by(theirs, REPLY % XOP).decode(), SEVEN))
    assert site.pickup.look() == 1
    assert "does not cover attachments" in failure(site)
    assert site.plates() == []


def test_after_a_gap_a_service_that_knows_its_version_by_a_mark_hands_out_the_whole_list(
    site: ReceivedSite, centre: Centre
) -> None:
    centre.answers(Told(body=SEVEN, headers={"ETag": '"7"'}))
    site.pickup.look()
    centre.answers(Told(body=changes(9, 8, [("I", "ZZ999ZZ")]), headers={"ETag": '"9"'}))
    look_again(site)
    assert site.state().received.needs_full
    whole_list = Told(body=whole(9, plates_of(11)), headers={"ETag": '"9"'})
    centre.server.answer = lambda asked: Told(304) if "if-none-match" in asked.headers else whole_list
    assert (look_again(site), site.version, len(site.plates())) == (0, "9", 11)


def test_a_disk_that_is_full_here_is_not_told_of_the_server(site: ReceivedSite, centre: Centre) -> None:
    (site.folder / f".{LIST}.fetched.part").symlink_to("/dev/full")
    centre.answers(Told(body=SEVEN))
    assert site.pickup.look() == 1
    assert failure(site) == f"{site.folder}: No space left on device"
