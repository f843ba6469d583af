# SPDX-License-Identifier: AGPL-3.0-or-later
"""Compares the topics that the broker has with what they should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka.admin import ConfigResource, KafkaAdminClient

from anpr.domain.errors import TransportError
from anpr.settings import KafkaSettings
from anpr.transport.kafka.client import mapped_errors
from anpr.transport.kafka.topics import connected_admin, topic_specs

_PARTITIONS = "partitions"
_REPLICATION = "replication"


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicState:
    """One topic: what it should be and what it is, by name of the property; `actual` is None where it is missing."""

    name: str
    wanted: Mapping[str, str]
    actual: Mapping[str, str] | None

    @property
    def differences(self) -> list[str]:
        """What is otherwise than it should be, as `property is X, should be Y`."""
        if self.actual is None:
            return []
        return [
            f"{name} is {self.actual.get(name, 'not set')}, should be {value}"
            for name, value in self.wanted.items()
            if self.actual.get(name) != value
        ]


def topic_states(settings: KafkaSettings) -> list[TopicState]:
    """Each topic of the documentation as it is now. Raises TransportError."""
    specs = topic_specs(settings)
    with mapped_errors("describing topics", settings), connected_admin(settings) as admin:
        there = set(admin.list_topics())
        actual = _describe(admin, [name for name in specs if name in there], specs)
    return [TopicState(name=name, wanted=_wanted(spec), actual=actual.get(name)) for name, spec in specs.items()]


def refuse_other_topics(settings: KafkaSettings) -> None:
    """Raises TransportError, permanent, naming each topic that is missing or otherwise than the settings want it.

    Nothing is changed here: more partitions would break the order of a gate's transits that are under way, and a
    shorter retention would delete what somebody may still have to read.
    """
    states = topic_states(settings)
    wrong = [f"{state.name} is missing" for state in states if state.actual is None]
    wrong += [f"{state.name}: {difference}" for state in states for difference in state.differences]
    if wrong:
        raise TransportError(f"kafka {settings.bootstrap}: topics: {'; '.join(wrong)}", permanent=True)


def _wanted(spec: Mapping[str, Any]) -> dict[str, str]:
    sizes = {_PARTITIONS: str(spec["num_partitions"]), _REPLICATION: str(spec["replication_factor"])}
    configs: Mapping[str, str] = spec["configs"]
    return {**sizes, **configs}


def _describe(
    admin: KafkaAdminClient, names: list[str], specs: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    configs = admin.describe_configs(
        [ConfigResource("topic", name, list(specs[name]["configs"])) for name in names], config_filter="all"
    )["topic"]
    sizes = {topic["name"]: _sizes(topic) for topic in admin.describe_topics(names)}
    return {name: sizes[name] | {key: str(config["value"]) for key, config in configs[name].items()} for name in names}


def _sizes(topic: Mapping[str, Any]) -> dict[str, str]:
    partitions = topic["partitions"]
    copies = {len(partition["replica_nodes"]) for partition in partitions}
    return {
        _PARTITIONS: str(len(partitions)),
        _REPLICATION: "/".join(str(number) for number in sorted(copies)),
    }
