# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr forward` as it is typed, against a real database and the machine's own clock."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.runtime.clock import SystemClock
from anpr.store.database.connection import Database
from anpr.store.transits.rows import insert_transits
from scripts.lab.transits import make_transit
from tests.unit.forward.profile.profiles import write_profile

Anpr = Callable[..., Result]
NOW = SystemClock().now()
TODAY = NOW.astimezone(ZoneInfo("Europe/Rome")).date()


@pytest.fixture
def anpr(tmp_path: Path, database_url: str) -> Anpr:
    """Runs the command with a settings file; keys of the destination can be changed. `beside`: one of that profile."""

    def run(*arguments: str, beside: Path | None = None, **changes: object) -> Result:
        destination = {
            "id": "questura",
            "profile": "scntt-example",
            "target": {"kind": "directory", "path": str(tmp_path / "arrived")},
            "protocol": "Protocollo 12/2026",
            "protocol_until": TODAY + timedelta(days=30),
        }
        others = [] if beside is None else [{**destination, "id": "altra", "profile": str(beside)}]
        config = tmp_path / "config.yaml"
        config.write_text(
            yaml.safe_dump(
                {
                    "data_dir": str(tmp_path / "var"),
                    "database": {"url": database_url},
                    "forwarding": [*others, {**destination, **changes}],
                }
            )
        )
        return CliRunner().invoke(main, ["--config", str(config), "forward", *arguments])

    return run


@pytest.fixture
def three_transits(database: Database) -> None:
    with database.transaction() as conn:
        insert_transits(conn, [make_transit(n, captured_at=_moment(n)) for n in range(3)], NOW)


def _moment(number: int) -> datetime:
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=ZoneInfo("Europe/Rome"))
    return noon.astimezone(UTC) + timedelta(seconds=number)


@pytest.mark.usefixtures("three_transits")
def test_run_sends_and_prints_the_completeness_report(anpr: Anpr, tmp_path: Path) -> None:
    result = anpr("run", "--day", TODAY.isoformat())
    assert result.exit_code == 0, result.output
    assert f"questura {TODAY} complete: stored 3 = sent 3 + accepted 0" in result.stdout
    assert "profile scntt-example 2026-11-23, example" in result.stdout
    name = f"TRANSITI_questura_{TODAY:%Y%m%d}_00001.xml"
    assert (tmp_path / "arrived" / name).read_text().count("<Transito id=") == 3
    again = anpr("run", "--day", TODAY.isoformat(), "--destination", "questura")
    assert "this run 0 transits in 0 files" in again.stdout
    assert [path.name for path in (tmp_path / "arrived").iterdir()] == [name]


@pytest.mark.usefixtures("three_transits")
def test_dry_run_prints_what_would_be_sent_and_sends_nothing(anpr: Anpr, tmp_path: Path) -> None:
    result = anpr("run", "--day", TODAY.isoformat(), "--dry-run")
    assert result.exit_code == 0, result.output
    assert f"TRANSITI_questura_{TODAY:%Y%m%d}_00001.xml  3 transits" in result.stdout
    assert "3 transits in 1 file, 0 picture files, 0 rejected" in result.stdout
    assert f"<Targa>{make_transit(0).plate}</Targa>" in result.stdout
    assert not (tmp_path / "arrived").exists()
    assert "no run yet" in anpr("status").stdout


@pytest.mark.usefixtures("three_transits")
def test_a_refusal_and_a_failure_are_told_and_exit_with_1(anpr: Anpr, tmp_path: Path) -> None:
    refused = anpr("run", "--day", TODAY.isoformat(), protocol_until=date(2020, 1, 1))
    assert refused.exit_code == 1
    assert "questura: refused: forwarding.questura.protocol_until: the agreement ended on 2020-01-01" in refused.stderr
    (tmp_path / "arrived").write_text("not a folder")
    failed = anpr("run", "--day", TODAY.isoformat())
    assert failed.exit_code == 1
    assert f"questura {TODAY} failed: " in failed.stdout
    status = anpr("status", protocol_until=date(2020, 1, 1)).stdout
    assert "NOTHING IS FORWARDED: forwarding.questura.protocol_until" in status
    assert f"{TODAY}: queued 3" in status
    assert f"manual for {TODAY}: failed, 0 sent: " in status


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("run", "--day", "domani"), "--day: 'domani' is not a day"),
        (("run", "--day", "9999-12-31"), "--day: the year 9999 lies outside"),
        (("run", "--day", "2020-01-01"), "day 2020-01-01: is past retention"),
        (("run", "--day", TODAY.isoformat(), "--destination", "roma"), "forwarding: no destination 'roma'"),
        (("check", "no-such-profile"), "profile no-such-profile: none of that name is shipped"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_status_1(anpr: Anpr, arguments: tuple[str, ...], complaint: str) -> None:
    result = anpr(*arguments)
    assert result.exit_code == 1
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1


def test_check_tells_a_valid_profile_from_a_wrong_one(anpr: Anpr, tmp_path: Path) -> None:
    result = anpr("check", "scntt-example")
    assert result.exit_code == 0
    assert "profile scntt-example 2026-11-23 is valid: xml" in result.stdout
    assert result.stdout.endswith("status: example\n")
    wrong = anpr("check", str(write_profile(tmp_path, batch_size=0)))
    assert wrong.exit_code == 1
    assert f"profile {tmp_path / 'profile.yaml'}: batch_size: " in wrong.stderr


@pytest.mark.usefixtures("three_transits")
def test_a_wrong_profile_keeps_no_other_destination_from_its_transits(anpr: Anpr, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: x\n", encoding="utf-8")
    result = anpr("run", "--day", TODAY.isoformat(), beside=wrong)
    assert result.exit_code == 1
    assert f"altra: refused: profile {wrong}: " in result.stderr
    assert f"questura {TODAY} complete: stored 3 = sent 3" in result.stdout
    status = anpr("status", beside=wrong)
    assert status.exit_code == 0, status.output
    assert f"altra: NOTHING IS FORWARDED: profile {wrong}: " in status.stdout
    assert f"{TODAY}: sent 3" in status.stdout


@pytest.mark.usefixtures("three_transits")
def test_requeue_needs_a_reason(anpr: Anpr) -> None:
    assert anpr("requeue", "--day", TODAY.isoformat()).exit_code == 2
    done = anpr("requeue", "--day", TODAY.isoformat(), "--reason", "codes were missing")
    assert f"questura {TODAY}: queued again: 0 transits" in done.stdout


@pytest.mark.usefixtures("three_transits")
def test_serve_forwards_until_it_is_told_to_end(anpr: Anpr, tmp_path: Path) -> None:
    assert anpr("status", every_s=0.2).exit_code == 0  # writes the settings file
    command = [sys.executable, "-m", "anpr", "--config", str(tmp_path / "config.yaml"), "forward", "serve", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        log = []
        for line in process.stderr:
            log.append(line)
            if "complete: stored 3" in line:
                break
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, log
    summary = json.loads(output.splitlines()[-1])
    assert summary == {"sent": 3, "accepted": 0, "rejected": 0, "expired": 0, "failures": 0}
    assert len(list((tmp_path / "arrived").iterdir())) == 1
    assert any("profile scntt-example is not accepted by the receiving office" in line for line in log)


def test_serve_can_end_by_itself(anpr: Anpr) -> None:
    result = anpr("serve", "--for", "0.1s", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["failures"] == 0


def test_serve_without_destinations_says_so(database_url: str) -> None:
    result = CliRunner().invoke(main, ["forward", "serve"], env={"DATABASE_URL": database_url})
    assert result.exit_code == 1
    assert "forwarding: no destination is configured" in result.stderr


def test_a_completeness_report_is_made_and_written(anpr: Anpr, tmp_path: Path) -> None:
    result = anpr("report", "--to", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert f"manager {(TODAY - timedelta(days=1)).isoformat()} revision 1: open" in result.output
    assert len(list((tmp_path / "out").iterdir())) == 5


def test_the_status_says_that_a_day_does_not_balance(anpr: Anpr, three_transits: None) -> None:
    del three_transits  # stored past the counters, as by nobody but a test
    for day in {_moment(n).astimezone(ZoneInfo("Europe/Rome")).date() for n in range(3)}:
        result = anpr("report", "--day", day.isoformat())
        assert result.exit_code == 1, result.output
        assert "sent-unbalanced" in result.output
    assert anpr("report", "--day", (TODAY + timedelta(days=2)).isoformat()).exit_code == 1
    assert "no organisation" in anpr("report", "--organisation", "nobody").output
