# SPDX-License-Identifier: AGPL-3.0-or-later
"""Defaults, file, environment; and a clear word for every way to get it wrong."""

from datetime import time
from pathlib import Path

import pytest

from anpr.domain.errors import SettingsError
from anpr.domain.gate import Keep
from anpr.ingest.kept_gates import rules_of
from anpr.settings import load_settings

GATE = """
gates:
  - id: north
    name: North gate
    purpose: urban security
    legal_basis: pact of 2026-01-01
    cameras:
      - {id: north-1, url: "rtsp://user:hidden@camera/1"}
"""

CHECKS = """
retention:
  purposes:
    - id: checks
      name: "Insurance"
      keep: hits
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_valid() -> None:
    loaded = load_settings(environment={})
    assert loaded.settings.retention.transit_days == 7
    assert loaded.source_of("retention.transit_days") == "default"


def test_environment_overrides_file_and_file_overrides_default(tmp_path: Path) -> None:
    path = write(tmp_path, "console: {port: 9000, language: en}\n")
    loaded = load_settings(path, {"ANPR_CONSOLE__PORT": "9001"})
    assert (loaded.settings.console.port, loaded.settings.console.language) == (9001, "en")
    assert loaded.source_of("console.port") == "environment"
    assert loaded.source_of("console.language") == f"file {path}"
    assert loaded.source_of("console.host") == "default"


def test_well_known_names_and_secret_files(tmp_path: Path) -> None:
    secret = tmp_path / "database-url"
    secret.write_text("postgresql://a:b@c/d\n", encoding="utf-8")
    loaded = load_settings(environment={"DATABASE_URL_FILE": str(secret), "KAFKA_BOOTSTRAP": "broker:9092"})
    assert loaded.settings.database.url is not None
    assert loaded.settings.database.url.get_secret_value() == "postgresql://a:b@c/d"
    assert loaded.settings.kafka.bootstrap == "broker:9092"


def test_config_file_named_by_the_environment(tmp_path: Path) -> None:
    path = write(tmp_path, GATE)
    loaded = load_settings(environment={"ANPR_CONFIG": str(path)})
    gate = loaded.settings.gates[0].to_domain()
    assert gate.cameras[0].url == "rtsp://user:hidden@camera/1"
    assert "hidden" not in repr(gate)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("masks: [[[0, 0], [1, 0]]]", "gates.0.cameras.1.masks: polygon 1: a polygon has at least 3 corners, not 2"),
        ("regions: [[[0, 0], [640, 0], [640, 480]]]", "[640, 0] lies outside the picture"),
        ("regions: [[[0, 0], [1, x], [1, 1]]]", "gates.0.cameras.1.regions.0.1.1: "),
        ("regions: [[[0, 0], [1, 0, 3], [1, 1]]]", "gates.0.cameras.1.regions.0.1"),
        ("bearing_deg: 400", "gates.0.cameras.1.bearing_deg: "),
    ],
)
def test_a_wrong_key_of_a_camera_names_the_camera(tmp_path: Path, extra: str, expected: str) -> None:
    path = write(tmp_path, GATE + f"      - {{id: north-2, url: film.mp4, {extra}}}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert expected in str(caught.value)
    assert "(camera north-2)" in str(caught.value)


def test_regions_and_masks_reach_the_camera(tmp_path: Path) -> None:
    path = write(tmp_path, GATE + "      - {id: n2, url: f.mp4, regions: [[[0, 0.5], [1, 0.5], [1, 1], [0, 1]]]}\n")
    camera = load_settings(path, {}).settings.gates[0].to_domain().cameras[1]
    assert camera.regions[0].contains(0.5, 0.7)
    assert camera.masks == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("console: {prt: 1}\n", "console.prt: no such setting"),
        ("consol: {port: 1}\n", "consol: no such setting"),
        ("console: {port: 70000}\n", "console.port: "),
        ("- 1\n- 2\n", "expected keys and values"),
        ("console: {port: [\n", "line 2"),
        ("time_zone: Mars/Base\n", "time_zone: no such time zone: Mars/Base"),
        ("reader: {gates: [south]}\n", "no gate has the id 'south'"),
        ("reader: {retry_min_s: 9, retry_max_s: 1}\n", "retry_min_s must not be greater than retry_max_s"),
        ("reader: {outbox: {images_max_age_h: 169}}\n", "reader.outbox.images_max_age_h: 169 is longer than"),
        ("reader: {outbox: {metadata_max_age_h: 25}}\nretention: {transit_days: 1}\n", "metadata_max_age_h: 25 is"),
        (GATE.replace("id: north\n", "id: North!\n"), "gates.0.id: "),
        (GATE + GATE.replace("gates:\n", ""), "gates: id 'north' is used twice"),
        (
            GATE.replace("id: north\n", "id: north\n    retention_purpose: check\n") + CHECKS,
            "gates.0.retention_purpose: retention.purposes has no id 'check'; did you mean checks? (gate north)",
        ),
        (CHECKS.replace("hits", "some"), "retention.purposes.0.keep: "),
        (CHECKS.replace("checks", "Checks!", 1), "retention.purposes.0.id: "),
        (CHECKS.replace('"Insurance"', '""'), "retention.purposes.0.name: "),
        (CHECKS + CHECKS.partition("purposes:\n")[2], "retention.purposes: id 'checks' is used twice"),
        (f"{CHECKS}      days: 0\n", "retention.purposes.0.days: Input should be greater than or equal to 1"),
        (f"{CHECKS}      days: 3651\n", "retention.purposes.0.days: Input should be less than or equal to 3650"),
        (f"{CHECKS}      days: 1826\n", "retention.purposes.0.days: 1826 is more than retention.audit_days, 1825"),
        (
            f"{CHECKS}      days: 3\nkafka: {{bootstrap: 'broker:9092'}}\n",
            "kafka.retention_hours: 168 is longer than retention.purposes.0.days (purpose checks), 3 days",
        ),
        (
            f"{CHECKS}      days: 3\nreader: {{outbox: {{images_max_age_h: 73}}}}\n",
            "reader.outbox.images_max_age_h: 73 is longer than retention.purposes.0.days (purpose checks), 3 days",
        ),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, expected: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert expected in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_gate_keeps_what_its_purpose_says_and_everything_without_one(tmp_path: Path) -> None:
    everything = load_settings(write(tmp_path, GATE), {}).settings
    assert ([gate.keep for gate in everything.domain_gates()], rules_of(everything.domain_gates()).hits_only) == (
        [Keep.ALL],
        frozenset(),
    )
    text = GATE.replace("id: north\n", "id: north\n    retention_purpose: checks\n") + CHECKS
    settings = load_settings(write(tmp_path, text), {}).settings
    (gate,) = settings.domain_gates()
    assert (gate.keep, gate.retention_purpose, rules_of([gate]).hits_only) == (
        Keep.HITS,
        "checks",
        frozenset({"north"}),
    )


def test_each_purpose_has_its_days_or_those_of_the_site(tmp_path: Path) -> None:
    text = GATE.replace("id: north\n", "id: north\n    retention_purpose: checks\n") + CHECKS
    as_the_site = load_settings(write(tmp_path, text), {}).settings
    assert as_the_site.retention.days_by_purpose == {"checks": 7}
    settings = load_settings(write(tmp_path, f"{text}      days: 3\n"), {}).settings
    assert (settings.retention.days_of("checks"), settings.retention.days_of(None)) == (3, 7)
    assert (settings.retention.shortest_days, settings.retention.longest_days) == (3, 7)
    longer = load_settings(write(tmp_path, f"{text}      days: 30\n"), {}).settings
    assert (longer.retention.shortest_days, longer.retention.longest_days) == (7, 30)
    assert longer.retention.shortest_key == "retention.transit_days"


def test_a_secret_never_appears_in_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, GATE.replace("north-1", "NORTH 1"))
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert "user:" not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"ANPR_CONSOL__PORT": "1"}, r"environment: ANPR_CONSOL__PORT: no such setting; did you mean ANPR_CONSOLE\?"),
        ({"ANPR_CONSOLE__PORT": "x"}, "environment: console.port: "),
        ({"ANPR_GATES": "not json"}, "environment: "),
        ({"DATABASE_URL_FILE": "/nowhere/url"}, "DATABASE_URL_FILE: /nowhere/url: "),
        ({"ANPR_CONFIG": "/nowhere/site.yaml"}, "/nowhere/site.yaml: "),
    ],
)
def test_a_wrong_environment_is_named(environment: dict[str, str], expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        load_settings(environment=environment)


_DESTINATION = "forwarding: [{{id: q, profile: scntt-example, target: 'directory:o', protocol: p, {}}}]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (_DESTINATION.format("protocol_until: 2099-12-31, at: 1:30"), "forwarding.0.at: expected a time such as 02:30"),
        (_DESTINATION.format("protocol_until: 2099-12-31, at: 22.30"), "forwarding.0.at: expected a time such as"),
        (_DESTINATION.format("protocol_until: 0"), "forwarding.0.protocol_until: expected a day such as 2026-12-31"),
        ("retention: {transit_days: yes}\n", "retention.transit_days: expected a whole number"),
        ("retention: {transit_days: true}\n", "retention.transit_days: expected a whole number"),
        ("reader: {frozen_after_s: 1:30}\n", "reader.frozen_after_s: expected a number"),
        ("reader: {frozen_after_s: inf}\n", "reader.frozen_after_s: Input should be a finite number"),
    ],
)
def test_what_yaml_would_turn_into_another_number_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert told in str(caught.value)


def test_unquoted_times_and_numbers_mean_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        _DESTINATION.format("protocol_until: 2099-12-31, at: 22:30") + "metrics_port: 010000\nreader: {id: 007}\n",
        encoding="utf-8",
    )
    settings = load_settings(path, {}).settings
    assert settings.forwarding[0].at == time(22, 30)
    assert settings.metrics_port == 10000
    assert settings.reader.id == "007"


def test_every_fault_is_kept_and_a_misspelt_key_is_answered_with_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        "gates: [{id: Nord 1, nome: N, purpose: p, legal_basis: l}]\nconsole: {port: x}\n", encoding="utf-8"
    )
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert caught.value.faults == (
        f"file {path}: gates.0.id: expected lower-case letters, digits, dots, dashes and underscores, a letter or"
        " digit first, at most 64 (gate Nord 1)",
        f"file {path}: gates.0.name: is needed (gate Nord 1)",
        f"file {path}: gates.0.nome: no such setting; did you mean name? (gate Nord 1)",
        f"file {path}: console.port: expected a whole number",
    )
    assert str(caught.value).endswith("(and 3 more: see anpr config check)")


@pytest.mark.parametrize("section", ['{"transit_days": true}', '{"transit_days": 7.5}'])
def test_a_section_in_the_environment_means_what_is_written_too(section: str) -> None:
    with pytest.raises(SettingsError, match=r"environment: retention.transit_days: expected a whole number"):
        load_settings(None, {"ANPR_RETENTION": section})
    assert load_settings(None, {"ANPR_RETENTION": '{"transit_days": 5}'}).settings.retention.transit_days == 5
    assert load_settings(None, {"ANPR_CONSOLE": '{"secure_cookies": true}'}).settings.console.secure_cookies


def test_a_gate_that_is_not_there_is_answered_with_the_one_that_is(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        "reader: {gates: [nord]}\ngates: [{id: nord1, name: n, purpose: p, legal_basis: l}]\n", encoding="utf-8"
    )
    with pytest.raises(SettingsError, match=r"no gate has the id 'nord'; did you mean nord1\?"):
        load_settings(path, {})
