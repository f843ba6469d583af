"""All that a run left behind, read once it has flowed off."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg

from scripts.reliability.chaos.background_traffic import Sent
from scripts.reliability.chaos.commits import Commit, read_commits
from scripts.reliability.chaos.environment import Stage
from scripts.reliability.chaos.outbox_log import Chronicle, read_chronicle
from scripts.reliability.chaos.topics import OnTopics, read_topics


@dataclass(frozen=True, kw_only=True)
class Reckoning:
    """The figures, and in words what is wrong."""

    figures: dict[str, int]
    wrongs: list[str]


@dataclass(frozen=True)
class Facts:
    """What was sent, what the outboxes and the database wrote down, what is on the topics."""

    stage: Stage
    sent: Sent
    conn: psycopg.Connection[Any]

    @cached_property
    def sender(self) -> Chronicle:
        return read_chronicle(self.stage.outbox(self.stage.sender))

    @cached_property
    def reader(self) -> Chronicle:
        return read_chronicle(self.stage.outbox(self.stage.reader))

    @cached_property
    def numbers(self) -> set[int]:
        """Of the transits that must be stored."""
        return set(range(self.stage.accepted.next)) | self.sent.late

    @cached_property
    def of_reader(self) -> set[UUID]:
        """The transits of the real reader."""
        return {transit for transit, _ in self.reader.transits}

    @cached_property
    def topics(self) -> OnTopics:
        return read_topics(self.stage.kafka, self.of_reader)

    @cached_property
    def commits(self) -> list[Commit]:
        return read_commits(self.conn)


def told(*wrongs: tuple[str, list[Any]]) -> list[str]:
    """A line for each kind of wrong of which there is any, with the first five."""
    return [f"{len(found)} {what}: {', '.join(map(str, found[:5]))}" for what, found in wrongs if found]
