# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stages with teeth: what an office has not tested is not sent to another machine, unless somebody says why."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from anpr.cli.main import main
from anpr.domain.delivery import RunOutcome
from anpr.domain.errors import ForwardError
from anpr.forward.completeness.mailing import report_mail
from anpr.forward.completeness.making import ReportMaker
from anpr.forward.job import Forced
from anpr.forward.preview import preview_day
from anpr.forward.runs import run_day
from anpr.forward.serve import run_forwarder
from anpr.forward.standing import tell_of
from anpr.forward.status import destination_status
from anpr.paper.apart import PdfPress
from anpr.runtime.metrics import REGISTRY
from anpr.settings import DirectoryTarget
from anpr.store.audit import AuditAction
from anpr.store.database.connection import Database
from anpr.store.forwarding.runs import list_runs
from anpr.store.forwarding.standing import StageStanding, destination_standings
from tests.integration.test_forward_serve import ClockUntil
from tests.support.forwarding import DAY, NIGHT, Site, transits
from tests.unit.forward.profile.profiles import write_profile

TESTED = {"stage": "tested", "office": "Questura di Prova", "date": "2026-11-02", "document": "verbale 5"}


@pytest.fixture
def site(database: Database, forward_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Its folder counts as another machine."""
    monkeypatch.setattr(DirectoryTarget, "leaves_machine", property(lambda _: True))
    site = Site(database, tmp_path, NIGHT, ours=forward_database)
    site.store(transits(2))
    return site


def stage(site: Site) -> StageStanding:
    with site.database.transaction() as conn:
        found = destination_standings(conn)["questura"].stage
    assert found is not None
    return found


def test_below_tested_nothing_leaves_and_the_transits_stay(site: Site) -> None:
    with pytest.raises(
        ForwardError, match="profile test is at stage example, below tested, so nothing is sent"
    ) as told:
        run_day(site.job(), DAY)
    assert told.value.permanent
    assert (site.files(), site.states()) == ({}, {})
    assert stage(site).refused_for == "stage"
    assert f"  NOTHING IS FORWARDED: {told.value}" in list(destination_status(site.job()))
    assert preview_day(site.job(), DAY, "rossi").refusal == str(told.value)


def test_tested_is_sent_and_the_office_is_named_everywhere(site: Site) -> None:
    site.profile = {"status": TESTED}
    report = run_day(site.job(), DAY).days[0]
    assert report.sent == 2
    told = "tested (Questura di Prova, 2026-11-02, verbale 5)"
    assert told in str(report)
    assert told in next(destination_status(site.job()))
    assert told in site.audit()[-1].detail["profile"]
    found = stage(site)
    assert (found.stage, found.office, found.document) == ("tested", "Questura di Prova", "verbale 5")
    assert found.stage_date == date(2026, 11, 2)
    assert found.refusal is None


def test_one_run_is_forced_with_a_reason_that_the_audit_keeps(site: Site) -> None:
    job = replace(site.job(), forced=Forced(reason="prova chiesta per telefono", by="rossi"))
    report = run_day(job, DAY).days[0]
    assert report.sent == 2
    assert "DESPITE ITS STAGE: prova chiesta per telefono (rossi)" in str(report)
    runs = [event.detail["despite_stage"] for event in site.audit() if event.action is AuditAction.FORWARDED]
    assert runs == ["prova chiesta per telefono (rossi)"] * 2
    assert any("despite stage: prova chiesta per telefono" in line for line in destination_status(site.job()))
    with pytest.raises(ForwardError, match="below tested"):
        run_day(site.job(), DAY)


def test_the_settings_force_it_until_their_day(site: Site) -> None:
    site.destination = {"despite_stage": {"reason": "fase di prova, lettera 9", "until": "2026-11-22"}}
    assert run_day(site.job(), DAY).days[0].sent == 2
    assert (stage(site).despite_reason, stage(site).despite_until) == ("fase di prova, lettera 9", date(2026, 11, 22))
    assert "  SENT DESPITE ITS STAGE: fase di prova, lettera 9 (despite_stage, until 2026-11-22)" in list(
        destination_status(site.job())
    )
    site.clock.advance(24 * 3600)
    with pytest.raises(ForwardError, match=r"\(despite_stage ended on 2026-11-22\)"):
        run_day(site.job(), DAY)


def test_a_site_that_sent_before_is_told_loudly_and_the_process_goes_on(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.clock = ClockUntil(NIGHT, NIGHT + timedelta(hours=30))
    summary = run_forwarder(site.settings(), site.ours, site.images, site.clock, site.stop)
    assert (summary.sent, summary.failures) == (0, 2)
    assert "destination questura: NOTHING WILL BE SENT: forwarding.questura: profile test" in caplog.text
    with site.database.transaction() as conn:
        assert {run.outcome for run in list_runs(conn, "questura")} == {RunOutcome.FAILED}
    assert REGISTRY.get_sample_value("anpr_forward_refused", {"destination": "questura"}) == 1


def test_the_completeness_report_its_csv_and_its_mail_say_it(site: Site, press: PdfPress) -> None:
    tell_of(site.job())
    site.clock.advance(3600 * 5)
    settings = site.settings()
    maker = ReportMaker(settings=settings, database=site.ours, clock=site.clock, press=press)
    report = maker.of_day("manager", DAY)
    files = maker.files(report)
    for text in (
        files.html.decode(),
        files.csv.decode("utf-8-sig"),
        report_mail(report, "Comune", settings, "a@b.it").text,
    ):
        assert "esempio del programma: nessun ufficio lo ha visto" in text
        assert "NON SI INVIA NULLA" in text
    assert maker.make("manager", DAY, report) is None, "the same figures are no other revision"
    site.profile = {"status": TESTED}
    tell_of(site.job())
    assert maker.make("manager", DAY, report) is None, "nor is another stage"


@pytest.fixture(scope="module")
def press() -> PdfPress:
    return PdfPress()


def test_the_command_takes_a_reason_and_config_check_warns(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "known_hosts").write_text("")
    (tmp_path / "secret").write_text("s")
    (tmp_path / "secret").chmod(0o600)
    destination = {
        "id": "questura",
        "profile": str(write_profile(tmp_path)),
        "target": {
            "kind": "sftp",
            "host": "collettore.invalid",
            "user": "comune",
            "secret_file": str(tmp_path / "secret"),
            "known_hosts_file": str(tmp_path / "known_hosts"),
        },
        "protocol": "Protocollo 12/2026",
        "protocol_until": "2099-12-31",
    }
    config = tmp_path / "site.yaml"
    config.write_text(
        yaml.safe_dump(
            {"data_dir": str(tmp_path / "var"), "database": {"url": database_url}, "forwarding": [destination]}
        )
    )
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    run = ["--config", str(config), "forward", "run", "--day", yesterday]
    refused = CliRunner().invoke(main, run)
    assert refused.exit_code == 1
    assert "at stage example, below tested" in refused.stderr
    for half in (["--despite-stage"], ["--reason", "x"]):
        assert "go together" in CliRunner().invoke(main, [*run, *half]).stderr
    checked = CliRunner().invoke(main, ["--config", str(config), "config", "check"])
    assert checked.exit_code == 0
    assert "Warning: forwarding.questura: profile test is at stage example, below tested" in checked.stderr
