# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conformance runs against real servers: what they answer is the verdict, and nothing of it enters the ledger."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import yaml
from click.testing import CliRunner

from anpr.cli.main import main
from anpr.contract.signature import PublicKey
from anpr.domain.errors import ForwardError
from anpr.domain.gate import Gate
from anpr.forward.conformance.files import write_report
from anpr.forward.conformance.making import ConformanceMaker, ConformanceReport, ConformanceRequest
from anpr.forward.conformance.outcome import CaseOutcome
from anpr.forward.conformance.target import destination_of
from anpr.forward.verification import verify_report
from anpr.paper.apart import PdfPress
from anpr.paper.blocks import Document
from anpr.runtime.clock import ManualClock
from anpr.settings import DestinationSettings, Settings
from anpr.store.audit import AuditAction, list_audit
from anpr.store.database.connection import Database
from anpr.store.gates import save_gates
from scripts.lab.certificates import Authority
from scripts.lab.http_receiver import Received
from scripts.lab.https_server import HttpsServer, Told, https_server
from scripts.lab.ssh_server import SshServer
from tests.unit.forward.profile.profiles import write_profile

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
FIELDS = [
    {"name": "id", "source": "transit.id", "required": True},
    {"name": "plate", "source": "plate", "required": True},
    {"name": "at", "source": "captured_at", "type": "datetime", "format": "iso"},
    {"name": "gate", "source": "gate.name", "length": 40},
    {"name": "image", "source": "image.plate.base64", "when_missing": None},
    {"name": "original", "source": "image.plate.original_sha256", "when_missing": None},
]
REPLY = {
    "transports": ["https", "directory"],
    "batch_size": 50,
    "file_name": "T_{day:%Y%m%d}_{batch:05d}.json",
    "encoding": {"kind": "json"},
    "fields": FIELDS,
    "images": [{"role": "plate", "how": "embed", "max_bytes": 4096, "max_width_px": 120, "too_large": "recompress"}],
    "answers": {
        "kind": "reply",
        "ok": ["OK"],
        "permanent": ["E1"],
        "body": {"format": "json", "records": "esiti", "record_id": "id", "record_code": "codice"},
    },
}


class BlankPress(PdfPress):
    """Prints an empty file: a real one takes seconds."""

    def print(self, document: Document) -> bytes:  # noqa: ARG002
        return b"%PDF-"


@dataclass
class Bench:
    """A site with one destination, and a run against it."""

    folder: Path
    profile: str
    target: dict[str, Any]
    database: Database | None = None
    told: list[CaseOutcome] = field(default_factory=list)
    press: PdfPress = field(default_factory=BlankPress)

    @property
    def settings(self) -> Settings:
        values = {
            "id": "questura",
            "profile": self.profile,
            "target": self.target,
            "protocol": "Protocollo 12/2026",
            "protocol_until": date(2027, 12, 31),
        }
        destination = DestinationSettings.model_validate(values)
        return Settings(data_dir=self.folder, municipality="Comune di Prova", forwarding=(destination,))

    def run(self, target: str = "questura", **changes: Any) -> ConformanceReport:
        settings = self.settings
        maker = ConformanceMaker(
            settings=settings,
            database=self.database,
            clock=ManualClock(NOW),
            stop=threading.Event(),
            tell=lambda _, outcome: self.told.append(outcome),
            press=self.press,
        )
        destination = destination_of(settings, self.profile, target)
        return maker.make(ConformanceRequest(destination=destination, reason="prima prova", actor="os:anna", **changes))

    def verdicts(self) -> dict[str, str]:
        return {outcome.case.id: outcome.verdict.value for outcome in self.told}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def service(tmp_path: Path, authority: Authority) -> Iterator[HttpsServer]:
    with https_server(tmp_path / "arrived", authority.issue("centro", "127.0.0.1"), authority.certificate) as server:
        yield server


@pytest.fixture
def web(service: HttpsServer, tmp_path: Path, authority: Authority) -> Bench:
    ours = authority.issue("comune", "127.0.0.1")
    keys = {
        "kind": "https",
        "url": service.url,
        "headers": {"X-File": "{name}"},
        "ca_file": str(authority.certificate),
        "certificate_file": str(ours.certificate),
        "key_file": str(ours.key),
    }
    return Bench(tmp_path, str(write_profile(tmp_path, **REPLY)), keys)


def office(refuses: Callable[[dict[str, str]], bool]) -> Callable[[Received], Told]:
    """A centre that knows each id once, and refuses what it does not like."""

    def answer(asked: Received) -> Told:
        records = json.loads(asked.body)["records"]
        said = [{"id": each["id"], "codice": "E1" if refuses(each) else "OK"} for each in records]
        return Told(200, json.dumps({"esiti": said}).encode())

    return answer


def in_the_future(record: dict[str, str]) -> bool:
    return record["at"] > "2026-12"


def text_of(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        return [page.get_textpage().get_text_range() for page in document]


def test_an_office_that_answers_as_it_should_passes_every_case(web: Bench, service: HttpsServer) -> None:
    service.answer = office(in_the_future)
    report = web.run()
    assert report.verdict == "passed", web.verdicts()
    assert set(web.verdicts().values()) == {"passed", "not-applicable"}
    names = [asked.headers["x-file"] for asked in service.asked]
    assert len(names) == len(set(names)) + 1  # the repeat
    assert all("_9000" in name or "_9001" in name or "_9002" in name for name in names)
    assert all(each["plate"].startswith("ZZ") for asked in service.asked for each in json.loads(asked.body)["records"])
    squeezed = next(each for each in web.told if each.case.id == "image-too-large-plate")
    (record,) = json.loads(squeezed.files[-1].data)["records"]
    assert record["original"] == squeezed.case.transits[0].images[0].sha256


def test_an_office_that_refuses_and_breaks_off_is_told_case_by_case(web: Bench, service: HttpsServer) -> None:
    good = office(lambda record: record["gate"].startswith("Abc"))

    def answer(asked: Received) -> Told:
        return Told(503) if b"23:59:59" in asked.body else good(asked)

    service.answer = answer
    web.press = PdfPress()
    report = web.run()
    assert report.verdict == "failed"
    failed = {each.case.id: each.failure or each.answers for each in web.told if each.verdict == "failed"}
    assert set(failed) == {"longest", "midnight"}
    assert "answered 503" in str(failed["midnight"])
    assert web.verdicts()["future"] == "open"  # it took what has not happened yet: a person must see that
    told = {each["id"]: each["verdict"] for each in report.result["cases"]}
    assert told == web.verdicts()
    pages = text_of(report.signed.files["report.pdf"])
    assert 3 < len(pages) < 20
    assert "Almeno una prova non è andata come atteso" in pages[0]
    assert all("Prova questura, profilo test 1" in page for page in pages)


def test_the_report_is_signed_with_what_was_sent(web: Bench, service: HttpsServer, tmp_path: Path) -> None:
    service.answer = office(in_the_future)
    signed = web.run().signed
    key = PublicKey(json.loads(signed.manifest)["public_key"])
    folder = tmp_path / "report"
    list(write_report(signed, folder))
    manifest = folder / "manifest.json"
    found = verify_report(manifest, key)
    assert (found.kind, found.verdict, found.faults) == ("conformance", "passed", ())
    assert found.about.startswith("questura, profile test 1, 20")
    (folder / "sent" / "more.json").write_bytes(b"{}")
    assert verify_report(manifest).faults == ("'sent/more.json': was not signed",)
    (folder / "sent" / "more.json").unlink()
    for name in ("report.pdf", next(name for name in signed.files if name.startswith("sent/"))):
        (folder / name).write_bytes(b"x")
        assert verify_report(manifest).faults == (f"{name}: not as it was signed",)
        (folder / name).write_bytes(signed.files[name])
    (folder / "report.html").unlink()
    assert verify_report(manifest).faults == ("report.html: missing",)
    sent = {asked.headers["x-file"]: asked.body for asked in service.asked}
    assert {name.rpartition("/")[2]: data for name, data in signed.files.items() if "sent/" in name} == sent


def test_a_place_that_cannot_be_reached_gives_no_report(web: Bench, tmp_path: Path) -> None:
    with pytest.raises(ForwardError, match="certificate"):
        replace(web, target={**web.target, "ca_file": web.target["certificate_file"]}).run()
    web.target = {"kind": "directory", "path": str(tmp_path / "profile.yaml")}
    with pytest.raises(ForwardError, match=r"profile\.yaml"):
        web.run()
    assert web.told == []


def test_a_folder_takes_what_is_meant_for_a_web_service_and_answers_nothing(web: Bench, tmp_path: Path) -> None:
    write_profile(tmp_path, **{**REPLY, "transports": ["https"]})
    assert web.run(f"directory:{tmp_path}/folder").verdict == "open"
    assert len(list((tmp_path / "folder").iterdir())) > 10


def test_openssh_gets_the_files_and_receipts_beside_them_are_read(ssh_server: SshServer, tmp_path: Path) -> None:
    answers = {"kind": "receipt", "ok": ["OK"]}
    profile = write_profile(tmp_path, batch_size=50, answers=answers)
    bench = Bench(tmp_path, str(profile), dict(ssh_server.keys))
    assert bench.run().verdict == "open"  # nobody has answered yet
    names = sorted(path.name for path in ssh_server.folder.iterdir())
    assert names[0].startswith("T_questura_2026")
    for name in names:
        (ssh_server.folder / f"{name}.esito").write_text("*;OK\n", encoding="utf-8")
    bench.told.clear()
    assert bench.run(wait_s=5.0).verdict == "open"  # what has not happened yet was accepted
    assert {id for id, verdict in bench.verdicts().items() if verdict == "open"} == {"future"}


def anpr(tmp_path: Path, database_url: str, *arguments: str) -> Any:
    config = tmp_path / "config.yaml"
    destination = {
        "id": "questura",
        "profile": "scntt-example",
        "target": {"kind": "smtp", "host": "127.0.0.1", "port": 9, "sender": "a@b.it", "to": ["c@d.it"]},
        "protocol": "P",
        "protocol_until": "2030-01-01",
    }
    values = {"data_dir": str(tmp_path / "var"), "database": {"url": database_url}, "forwarding": [destination]}
    config.write_text(yaml.safe_dump(values), encoding="utf-8")
    return CliRunner().invoke(main, ["--config", str(config), "forward", "conformance", *arguments])


def test_the_command_writes_the_report_and_needs_no_database_for_a_folder(tmp_path: Path) -> None:
    to, arrived = tmp_path / "report", tmp_path / "arrived"
    arguments = ("scntt-example", f"directory:{arrived}", "--to", str(to), "--json")
    result = anpr(tmp_path, "postgresql://nobody@127.0.0.1:1/none", *arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["verdict"] == "open"
    assert "verdict: open" in result.stdout
    assert "empty-day: passed" in result.stderr
    names = {path.name for path in to.iterdir()}
    assert names == {"report.html", "report.pdf", "report.json", "manifest.json", "signature.txt", "sent"}
    sent = {path.name: path.read_bytes() for path in (to / "sent").glob("*/*")}
    assert {path.name: path.read_bytes() for path in arrived.iterdir()} == sent


def test_a_destination_needs_a_reason_and_its_run_is_in_the_audit_and_not_in_the_ledger(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    profile = write_profile(tmp_path, transports=["smtp"])
    without = anpr(tmp_path, database_url, str(profile), "questura")
    assert without.exit_code != 0
    assert "--reason" in without.output
    result = anpr(tmp_path, database_url, str(profile), "questura", "--reason", "prima prova con la Questura")
    assert result.exit_code == 1
    assert "127.0.0.1:9" in result.output
    with database.transaction() as conn:
        rows = [row.event for row in list_audit(conn) if row.event.action is AuditAction.CONFORMANCE_RUN]
        assert conn.execute("SELECT count(*) AS n FROM deliveries").fetchone() == {"n": 0}
    assert {event.detail["phase"] for event in rows} == {"begun", "ended"}
    assert {event.reason for event in rows} == {"prima prova con la Questura"}
    assert all(event.detail["profile"] == "test 1, example" for event in rows)


def test_the_vehicles_may_pass_a_gate_that_only_the_database_knows(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    """Where the console is the source of gates, the settings have none."""
    with database.transaction() as conn:
        save_gates(conn, [Gate(id="via-roma", name="Via Roma", purpose="p", legal_basis="b")])
    profile = write_profile(tmp_path, transports=["smtp"])
    known = anpr(tmp_path, database_url, str(profile), "questura", "--reason", "prova", "--gate", "via-roma")
    assert "127.0.0.1:9" in known.output
    unknown = anpr(tmp_path, database_url, str(profile), "questura", "--reason", "prova", "--gate", "via-rona")
    assert "there is no gate 'via-rona'; did you mean via-roma?" in unknown.output


def test_an_unknown_gate_is_told(tmp_path: Path) -> None:
    result = anpr(tmp_path, "postgresql://x/x", "scntt-example", "directory:/x", "--gate", "via-roma")
    assert result.exit_code != 0
    assert "there is no gate 'via-roma'" in result.output
