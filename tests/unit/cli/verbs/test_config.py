# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr config` and the command's own manners."""

import json
import logging
from pathlib import Path

import pytest
from click.testing import CliRunner

from anpr.cli import main
from anpr.cli.main import _is_not_kafkas


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text('database: {url: "postgresql://a:topsecret@c/d"}\nconsole: {port: 9000}\n', encoding="utf-8")
    return path


def test_check_says_that_settings_are_valid(site: Path) -> None:
    result = CliRunner().invoke(main, ["--config", str(site), "config", "check"])
    assert result.exit_code == 0
    assert "settings are valid" in result.output


_GATE = "gates: [{{id: g, name: n, purpose: p, legal_basis: l, cameras: [{{id: c, url: {}}}]}}]\n"
_DESTINATION = "forwarding: [{{id: q, profile: {}, target: 'directory:o', protocol: p, protocol_until: 2099-12-31}}]\n"


def _checked(site: Path, text: str) -> tuple[int, str]:
    site.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["--config", str(site), "config", "check"])
    return result.exit_code, result.output


def test_check_counts_in_the_singular_where_it_is_one(site: Path) -> None:
    text = _GATE.format("rtsp://h/x") + _DESTINATION.format("scntt-example")
    assert _checked(site, text) == (0, "settings are valid: 1 gate, 1 camera, 1 destination\n")


def test_check_names_every_fault_on_a_line_of_its_own(site: Path) -> None:
    code, output = _checked(site, _GATE.format("192.168.1.10") + "console: {prt: 9000, language: fr}\n")
    assert code == 1
    assert [line.partition(f"Error: file {site}: ")[2][:25] for line in output.splitlines()] == [
        "gates.0.cameras.0.url: an", "console.language: Input s", "console.prt: no such sett",
    ]  # fmt: skip


def test_check_wants_the_files_that_cameras_and_destinations_name(site: Path) -> None:
    code, output = _checked(site, _GATE.format("no-such-film.mp4") + _DESTINATION.format("scntt-exmple"))
    assert code == 1
    assert output.splitlines() == [
        "Error: camera c: url: no such file or folder: no-such-film.mp4 (an address begins with its scheme: rtsp://…)",
        "Error: destination q: profile scntt-exmple: none of that name is shipped; did you mean scntt-example?",
    ]


def test_check_names_the_wrong_key_in_one_line(site: Path) -> None:
    site.write_text("console: {prt: 9000}\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["--config", str(site), "config", "check"])
    assert result.exit_code == 1
    assert result.output == f"Error: file {site}: console.prt: no such setting; did you mean port?\n"


def test_show_gives_sources_and_masks_secrets(site: Path) -> None:
    result = CliRunner().invoke(main, ["--config", str(site), "config", "show", "--json"])
    shown = json.loads(result.output)
    assert shown["console.port"] == {"value": 9000, "source": f"file {site}"}
    assert shown["retention.transit_days"] == {"value": 7, "source": "default"}
    assert shown["database.url"]["value"] == "********"
    assert "topsecret" not in result.output


def test_show_as_lines(site: Path) -> None:
    result = CliRunner().invoke(main, ["--config", str(site), "config", "show"])
    assert f"console.port = 9000  # file {site}" in result.output.splitlines()


def test_help_lists_every_verb() -> None:
    result = CliRunner().invoke(main, ["--help"])
    for verb in ("up", "reader", "ingest", "console", "forward", "read", "evaluate", "search", "watchlist", "db"):
        assert f"\n  {verb} " in result.output


def test_an_unknown_verb_is_refused() -> None:
    result = CliRunner().invoke(main, ["fly"])
    assert result.exit_code == 2
    assert "No such command 'fly'" in result.output


def test_kafkas_own_log_is_kept_from_the_screen_but_not_from_those_who_listen() -> None:
    record = logging.LogRecord("kafka.net.manager", logging.ERROR, __file__, 1, "failed", None, None)
    assert not _is_not_kafkas(record)
    record.name = "anpr.transport.kafka.client"
    assert _is_not_kafkas(record)
    CliRunner().invoke(main, ["config", "check"])
    assert logging.getLogger("kafka.net.manager").isEnabledFor(logging.WARNING)
