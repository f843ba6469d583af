# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each part of `anpr up` gets a port for its metrics, and its place in the order of starting and stopping."""

import pytest

from anpr.domain.errors import SettingsError
from anpr.settings import DestinationSettings, Settings
from anpr.up.parts import PARTS, database_environment, metrics_environment, wanted_parts


def ports(metrics_port: int) -> dict[str, dict[str, str]]:
    return {part.name: metrics_environment(part, metrics_port) for part in PARTS}


def test_the_parts_get_ports_one_after_another() -> None:
    assert ports(9100) == {
        "reader": {"ANPR_METRICS_PORT": "9100"},
        "ingest": {"ANPR_METRICS_PORT": "9101"},
        "console": {"ANPR_METRICS_PORT": "9102"},
        "forward": {"ANPR_METRICS_PORT": "9103"},
        "notify": {"ANPR_METRICS_PORT": "9104"},
    }


def test_without_a_port_no_part_serves_metrics() -> None:
    assert [metrics_environment(part, None) for part in PARTS] == [{}] * len(PARTS)


def test_a_port_with_too_few_behind_it_is_refused() -> None:
    assert ports(65531)["notify"] == {"ANPR_METRICS_PORT": "65535"}
    with pytest.raises(SettingsError, match="metrics_port: 65532 leaves no port for each of reader, ingest, console"):
        ports(65532)


def test_names_and_ports_are_each_ones_own() -> None:
    assert len({part.name for part in PARTS}) == len({part.port_offset for part in PARTS}) == len(PARTS)


def test_forwarding_runs_only_where_there_is_somewhere_to_forward_to() -> None:
    assert [part.name for part in wanted_parts(Settings())] == ["console", "notify", "ingest", "reader"]
    settings = Settings.model_construct(forwarding=[DestinationSettings.model_construct()])
    assert [part.name for part in wanted_parts(settings)] == ["console", "forward", "notify", "ingest", "reader"]


def test_what_fills_the_outbox_starts_last_and_stops_first() -> None:
    flags = [part.fills_outbox for part in PARTS]
    assert flags == sorted(flags)
    assert any(flags)


EMBEDDED = "postgresql://postgres@/anpr?host=%2Fdata%2Fpostgres"


def test_each_part_uses_the_embedded_database_by_a_login_of_its_own_and_the_reader_knows_none() -> None:
    assert {part.name: database_environment(part, Settings(), EMBEDDED) for part in PARTS} == {
        "reader": {},
        "ingest": {"DATABASE_URL": "postgresql://anpr_ingest_login@/anpr?host=%2Fdata%2Fpostgres"},
        "console": {"DATABASE_URL": "postgresql://anpr_console_login@/anpr?host=%2Fdata%2Fpostgres"},
        "forward": {"DATABASE_URL": "postgresql://anpr_forward_login@/anpr?host=%2Fdata%2Fpostgres"},
        "notify": {"DATABASE_URL": "postgresql://anpr_notify_login@/anpr?host=%2Fdata%2Fpostgres"},
    }


def test_a_server_of_ones_own_is_used_by_the_login_of_the_settings() -> None:
    url = "postgresql://anpr:secret@db/anpr"
    settings = Settings.model_validate({"database": {"url": url}})
    told = {part.name: database_environment(part, settings, url) for part in PARTS}
    assert told["reader"] == {}
    assert {value.get("DATABASE_URL") for name, value in told.items() if name != "reader"} == {url}
