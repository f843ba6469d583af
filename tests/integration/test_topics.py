# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr topics` against a real broker."""

import uuid

import pytest
from click.testing import CliRunner, Result
from kafka.admin import ConfigResource

from anpr.cli.main import main
from anpr.settings import KafkaSettings
from anpr.transport.kafka.existing import topic_states
from anpr.transport.kafka.topics import connected_admin

pytestmark = pytest.mark.kafka
PARTITIONS = {
    "anpr.transits": "3", "anpr.images": "3", "anpr.health": "3", "anpr.views": "1", "anpr.requests": "1",
    "anpr.gates": "1",
    "anpr.deadletter": "1",
}  # fmt: skip


class Site:
    """A centre with topics of its own on the broker."""

    def __init__(self, bootstrap: str) -> None:
        self.prefix = f"{uuid.uuid4().hex}."
        self._environment = {"KAFKA_BOOTSTRAP": bootstrap, "ANPR_KAFKA__TOPIC_PREFIX": self.prefix}

    def run(self, verb: str, *, partitions: int = 3, hours: int = 48) -> Result:
        sizes = {"ANPR_KAFKA__PARTITIONS": str(partitions), "ANPR_KAFKA__RETENTION_HOURS": str(hours)}
        return CliRunner().invoke(main, ["topics", verb], env=self._environment | sizes)


@pytest.fixture
def site(kafka_bootstrap: str) -> Site:
    return Site(kafka_bootstrap)


def test_they_are_made_once_as_documented_and_a_second_run_changes_nothing(site: Site, kafka_bootstrap: str) -> None:
    before = site.run("list")
    assert before.exit_code == 1
    assert before.output.count("missing") == len(PARTITIONS)
    first = site.run("create")
    assert first.exit_code == 0, first.output
    assert [topic for topic in PARTITIONS if f"created {site.prefix}{topic}" not in first.output] == []
    second = site.run("create")
    assert second.exit_code == 0, second.output
    assert "created" not in second.output
    settings = KafkaSettings(bootstrap=kafka_bootstrap, topic_prefix=site.prefix, partitions=3, retention_hours=48)
    actual = {state.name.removeprefix(site.prefix): state.actual or {} for state in topic_states(settings)}
    assert {name: properties["partitions"] for name, properties in actual.items()} == PARTITIONS
    assert actual["anpr.transits"]["retention.ms"] == actual["anpr.images"]["retention.ms"] == str(48 * 3_600_000)
    day, hour = str(24 * 3_600_000), 3_600_000
    for name in ("anpr.transits", "anpr.images", "anpr.deadletter"):
        assert actual[name]["cleanup.policy"] == "delete"
        assert actual[name]["retention.ms"] == str(48 * hour)
        assert actual[name]["segment.ms"] == str(2 * hour), "a 24th: what is too old is at most so much older"
    assert actual["anpr.health"]["max.compaction.lag.ms"] == actual["anpr.health"]["segment.ms"] == day
    assert int(actual["anpr.deadletter"]["max.message.bytes"]) > int(actual["anpr.images"]["max.message.bytes"])
    assert actual["anpr.transits"]["min.insync.replicas"] == "1"
    assert actual["anpr.health"]["cleanup.policy"] == "compact"
    listed = site.run("list")
    assert listed.exit_code == 0, listed.output
    assert f"{site.prefix}anpr.health  partitions=3" in listed.output


def test_other_partitions_are_refused_loudly_and_left_as_they_are(site: Site) -> None:
    assert site.run("create").exit_code == 0
    refused = site.run("create", partitions=6)
    assert refused.exit_code == 1
    assert f"{site.prefix}anpr.transits: partitions is 3, should be 6" in refused.output
    assert "deadletter" not in refused.output
    assert site.run("list", partitions=6).exit_code == 1
    assert site.run("list").exit_code == 0, "nothing was changed"


def test_a_retention_that_somebody_changed_is_refused(site: Site, kafka_bootstrap: str) -> None:
    assert site.run("create").exit_code == 0
    with connected_admin(KafkaSettings(bootstrap=kafka_bootstrap)) as admin:
        topic = ConfigResource("topic", f"{site.prefix}anpr.images", {"retention.ms": "-1"})
        admin.alter_configs([topic])
    refused = site.run("create")
    assert refused.exit_code == 1
    assert f"{site.prefix}anpr.images: retention.ms is -1, should be {48 * 3_600_000}" in refused.output


def test_topics_may_not_keep_plates_longer_than_the_law_lets_the_database(site: Site) -> None:
    refused = site.run("create", hours=169)
    assert refused.exit_code == 1
    assert "kafka.retention_hours" in refused.output
    assert site.run("list").output.count("missing") == len(PARTITIONS)


def test_without_a_broker_it_says_so() -> None:
    refused = CliRunner().invoke(main, ["topics", "create"], env={"KAFKA_BOOTSTRAP": "", "ANPR_CONFIG": ""})
    assert refused.exit_code == 1
    assert "kafka.bootstrap is not set" in refused.output
