# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence of a finished run: what was sent, logged, stored and published; each part is read once, when first used."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg

from scripts.reliability.chaos.background_traffic import Sent
from scripts.reliability.chaos.commits import Commit, read_commits
from scripts.reliability.chaos.environment import Environment
from scripts.reliability.chaos.outbox_log import OutboxLog, read_outbox_log
from scripts.reliability.chaos.topics import OnTopics, read_topics


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Figures, and one message per problem found."""

    figures: dict[str, int]
    problems: list[str]


@dataclass(frozen=True)
class Facts:
    """What was sent, the logs of the outboxes and of the database, and what is on the topics."""

    environment: Environment
    sent: Sent
    conn: psycopg.Connection[Any]

    @cached_property
    def sender(self) -> OutboxLog:
        return read_outbox_log(self.environment.outbox(self.environment.sender))

    @cached_property
    def reader(self) -> OutboxLog:
        return read_outbox_log(self.environment.outbox(self.environment.reader))

    @cached_property
    def numbers(self) -> set[int]:
        """Numbers of the transits that must be stored."""
        return set(range(self.environment.accepted.next)) | self.sent.late

    @cached_property
    def of_reader(self) -> set[UUID]:
        """Ids of the transits that the real reader made."""
        return {transit for transit, _ in self.reader.transits}

    @cached_property
    def topics(self) -> OnTopics:
        return read_topics(self.environment.kafka, self.of_reader)

    @cached_property
    def commits(self) -> list[Commit]:
        return read_commits(self.conn)


def described(*problems: tuple[str, list[Any]]) -> list[str]:
    """One line for each kind of problem with a finding, with its first five findings."""
    return [f"{len(found)} {what}: {', '.join(map(str, found[:5]))}" for what, found in problems if found]
