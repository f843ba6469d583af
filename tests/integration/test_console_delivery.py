# SPDX-License-Identifier: AGPL-3.0-or-later
"""Packages handed over by any console of a site, on a medium with a receipt, and stamped when the authority is back."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pypdfium2  # type: ignore[import-untyped]
import pytest

from anpr.console.app import create_app
from anpr.domain.access import Role
from anpr.domain.transit import Transit
from anpr.evidence.verification import verify_package
from anpr.settings.evidence import EvidenceSettings
from anpr.store.audit import AuditAction, AuditRow
from anpr.store.audit_heads import ensure_key
from anpr.store.author import Author
from anpr.store.investigations.gathered import mark_transits
from anpr.store.investigations.life import open_investigation
from scripts.lab.ports import free_ports
from tests.support.fixtures_console import WANTED, Site, serving
from tests.support.time_stamper import make_authority, time_stamper
from tests.support.waiting import eventually

ONE = "/investigations/1"
WHY = "chiesto dalla procura"


@pytest.fixture
def transit(site: Site) -> Transit:
    """Marked by the investigator for investigation 1."""
    ensure_key(site.settings.audit_key_path)
    transit = site.pass_vehicle(WANTED, software="anpr/0.1.0 plate_detector_int8/0.3.0@7d8730c4ace4")
    open_case(site, "12/2026", transit)
    return transit


def open_case(site: Site, reference: str, transit: Transit) -> None:
    by = Author(name="investigator", at=site.clock.now())
    with site.database.transaction() as conn:
        mark_transits(conn, open_investigation(conn, reference, "Furti", "Procura", by).id, [transit], by, "")


@contextmanager
def console_with(site: Site, data_dir: Path, **time_stamp: object) -> Iterator[Site]:
    """Another console with a folder of its own, and the same database, images and site's key."""
    key = {"audit": {"key_file": str(site.settings.audit_key_path)}}
    fields = site.settings.model_dump() | key | {"data_dir": data_dir, "evidence": {"time_stamp": time_stamp}}
    settings = type(site.settings).model_validate(fields)
    assert isinstance(settings.evidence, EvidenceSettings)
    app = create_app(settings, site.console.database, site.images, site.clock)
    with serving(app) as url:
        yield replace(site, url=url, app=app, settings=settings)


def make_evidence(site: Site, client: httpx.Client) -> str:
    assert site.post(client, f"{ONE}/evidence", ONE, evidence_reason=WHY).status_code == 303
    eventually(lambda: "in preparazione" not in client.get(ONE).text)
    page = client.get(f"{ONE}?done=asked").text
    assert "Il pacchetto è in preparazione" not in page, "it is there"
    return page


def downloaded(site: Site, client: httpx.Client, path: Path) -> Path:
    answer = site.post(client, f"{ONE}/evidence/1/download", ONE)
    assert answer.headers["content-length"] == str(len(answer.content))
    path.write_bytes(answer.content)
    return path


def rows_of(site: Site, action: AuditAction) -> list[AuditRow]:
    return [row for row in site.audit() if row.event.action is action]


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


@pytest.mark.usefixtures("transit")
def test_a_package_is_handed_over_by_another_console_than_made_it(site: Site, tmp_path: Path) -> None:
    make_evidence(site, site.client(Role.INVESTIGATOR))
    with console_with(site, tmp_path / "other") as other:
        client = other.client(Role.INVESTIGATOR)
        page = other.post(client, f"{ONE}/evidence/1/link", ONE, to="procura").text
        found = re.search(r"https?://[^/]+(/evidence/[\w-]{43})<", page)
        assert found
        answer = other.post(other.stranger(), found[1], found[1])
    assert answer.status_code == 200
    (tmp_path / "p.zip").write_bytes(answer.content)
    assert verify_package(tmp_path / "p.zip").faults == ()


@pytest.mark.usefixtures("transit")
def test_a_delivery_on_a_medium_is_in_the_log_and_has_a_receipt_to_sign(site: Site) -> None:
    client = site.client(Role.INVESTIGATOR)
    make_evidence(site, client)
    done = site.post(
        client, f"{ONE}/evidence/1/delivered", ONE, medium_to="isp. Neri, procura", medium="chiavetta n. 7"
    )
    assert done.headers["location"] == f"{ONE}?done=delivered#package-1"
    page = client.get(ONE).text
    assert "Consegnata a isp. Neri, procura su chiavetta n. 7" in page
    (row,) = rows_of(site, AuditAction.EVIDENCE_DELIVERED)
    assert (row.event.detail["way"], row.event.detail["to"]) == ("medium", "isp. Neri, procura")
    answer = client.get(f"{ONE}/evidence/receipts/{row.seq}")
    assert answer.headers["content-type"] == "application/pdf"
    told = text_of(answer.content)
    for part in ("Verbale di consegna", "12/2026", "isp. Neri, procura", "chiavetta n. 7", "Marca temporale nessuna"):
        assert part in told, told
    assert row.event.detail["sha256"] in told.replace(" ", "")
    assert rows_of(site, AuditAction.DOCUMENT_MADE)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"medium_to": "a"},
        {"medium": "b"},
        {"medium_to": " ", "medium": "b"},
        {"medium_to": "a" * 201, "medium": "b"},
    ],
    ids=["nothing", "no-medium", "nobody", "blank", "long"],
)
@pytest.mark.usefixtures("transit")
def test_a_delivery_without_receiver_or_medium_is_not_noted(site: Site, fields: dict[str, str]) -> None:
    client = site.client(Role.INVESTIGATOR)
    make_evidence(site, client)
    assert site.post(client, f"{ONE}/evidence/1/delivered", ONE, **fields).status_code == 400
    assert rows_of(site, AuditAction.EVIDENCE_DELIVERED) == []


def test_a_receipt_is_of_a_delivery_on_a_medium_of_this_investigation_alone(site: Site, transit: Transit) -> None:
    client = site.client(Role.INVESTIGATOR)
    open_case(site, "13/2026", transit)
    make_evidence(site, client)
    site.post(client, f"{ONE}/evidence/1/download", ONE)
    site.post(client, f"{ONE}/evidence/1/delivered", ONE, medium_to="a", medium="b")
    on_medium, by_member = rows_of(site, AuditAction.EVIDENCE_DELIVERED)
    assert client.get(f"{ONE}/evidence/receipts/{on_medium.seq}").status_code == 200
    for path in (f"{ONE}/evidence/receipts/{by_member.seq}", f"/investigations/2/evidence/receipts/{on_medium.seq}",
                 f"{ONE}/evidence/receipts/999999"):  # fmt: skip
        assert client.get(path).status_code == 404, path


@pytest.mark.usefixtures("transit")
def test_an_authority_that_is_away_holds_nothing_up_and_stamps_later(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "tsa"
    make_authority(folder)
    away = {"url": f"http://127.0.0.1:{free_ports(1)[0]}/tsr", "ca_file": str(folder / "ca.pem")}
    with console_with(site, tmp_path / "one", **away) as one:
        client = one.client(Role.INVESTIGATOR)
        assert "Il servizio di marcatura non è raggiungibile" in make_evidence(one, client)
        told = verify_package(downloaded(one, client, tmp_path / "without.zip"))
        assert (told.faults, told.stamp.stamp, away["url"] in told.stamp.told) == ((), None, True)
        again = one.post(client, f"{ONE}/evidence/1/stamp", ONE)
        assert (again.status_code, "non è raggiungibile" in again.text) == (400, True)
    with time_stamper(folder) as stamper, console_with(site, tmp_path / "two", **stamper.settings) as two:
        client = two.client(Role.INVESTIGATOR)
        assert two.post(client, f"{ONE}/evidence/1/stamp", ONE).headers["location"].endswith("stamped#package-1")
        page = client.get(ONE).text
        assert "Marca temporale del" in page
        assert two.post(client, f"{ONE}/evidence/1/stamp", ONE).status_code == 400  # it has one
        told = verify_package(downloaded(two, client, tmp_path / "with.zip"))
    assert told.faults == ()
    assert told.stamp.stamp is not None
    assert abs((told.stamp.stamp.at - datetime.now(UTC)).total_seconds()) < 300
    (row,) = rows_of(site, AuditAction.EVIDENCE_STAMPED)
    assert row.event.detail["sha256"] in page
    assert len(list((site.settings.images_dir / "evidence").iterdir())) == 1


def test_the_transits_page_and_the_report_say_what_read_it(site: Site, transit: Transit, tmp_path: Path) -> None:
    client = site.client(Role.INVESTIGATOR)
    assert "plate_detector_int8/0.3.0@7d8730c4ace4" in client.get(f"/transits/{transit.id}").text
    make_evidence(site, client)
    path = downloaded(site, client, tmp_path / "p.zip")
    with zipfile.ZipFile(path) as archive:
        assert b'"software": "anpr/0.1.0 plate_detector_int8' in archive.read("transits.json")
        assert "plate_detector_int8/0.3.0@7d8730c4ace4" in text_of(archive.read("relazione.pdf"))
    other = site.pass_vehicle("AB123CD")
    assert "non registrati" in client.get(f"/transits/{other.id}").text
