"""Each part of `anpr up` gets a port for its metrics."""

import pytest

from anpr.domain.errors import SettingsError
from anpr.settings import Settings
from anpr.up.run import metrics_ports


def test_the_parts_get_ports_one_after_another() -> None:
    assert metrics_ports(Settings(metrics_port=9100)) == {
        "reader": {"ANPR_METRICS_PORT": "9100"},
        "ingest": {"ANPR_METRICS_PORT": "9101"},
        "console": {"ANPR_METRICS_PORT": "9102"},
        "forward": {"ANPR_METRICS_PORT": "9103"},
    }


def test_without_a_port_no_part_serves_metrics() -> None:
    assert set(metrics_ports(Settings())) == {"reader", "ingest", "console", "forward"}
    assert not any(metrics_ports(Settings()).values())


def test_a_port_with_too_few_behind_it_is_refused() -> None:
    assert metrics_ports(Settings(metrics_port=65532))["forward"] == {"ANPR_METRICS_PORT": "65535"}
    with pytest.raises(SettingsError, match="metrics_port: 65533"):
        metrics_ports(Settings(metrics_port=65533))
