# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verifies the metrics: counters summed over all runs of a process against database, outboxes and topics.

A counter goes up after what it counts was committed. So it never counts too much, and a run that was killed misses
what it committed after its last scrape, and the one transaction that was under way at that scrape. A
commit whose answer was lost, because the database or the way to it was cut down just then, is stored and not counted:
what comes again is a duplicate. Which transactions these may be is known exactly; whatever else is missing is wrong.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC
from scripts.lab.process_metrics import ProcessRun
from scripts.lab.processes import ManagedProcess
from scripts.reliability.chaos.commits import Commit
from scripts.reliability.chaos.environment import DESTINATION, login_of
from scripts.reliability.chaos.facts import Facts, Verification
from scripts.reliability.chaos.outbox_log import OutboxLog

_ANSWER_LOST_WITHIN_S = 2.0
"""After a process of PostgreSQL was killed, until the server has thrown out all the others, on a busy machine."""

_ONE_TRANSACTION_S = 0.05
"""Between the first and the last image that one transaction of an outbox gives up, generously."""


@dataclass
class _Sums:
    """Totals over all counters that were compared."""

    counted: int = 0
    true: int = 0
    unseen: int = 0
    problems: list[str] = field(default_factory=list)

    def compare(self, what: str, counted: int, most: int, least: int) -> None:
        """`counted` must lie between what was surely seen and what really was."""
        self.counted += counted
        self.true += most
        self.unseen += most - least
        if not least <= counted <= most:
            self.problems.append(f"{what}: counted {counted}, must be {least} to {most}")


def verify_metrics(facts: Facts) -> Verification:
    """Compare every counter for which another source exists."""
    sums = _Sums()
    environment = facts.environment
    for what, name, labels in (
        ("stored", "anpr_stored_total", {"outcome": "stored"}),
        ("alarms", "anpr_sightings_total", {}),
    ):
        _compare_commits(facts, sums, environment.ingests, what, name, labels)
    for topic in (TRANSITS_TOPIC, IMAGES_TOPIC, HEALTH_TOPIC):
        _compare_poison(facts, sums, topic)
    for outcome in ("sent", "accepted", "rejected", "expired"):
        labels = {"destination": DESTINATION, "outcome": outcome}
        _compare_commits(facts, sums, [environment.forward], outcome, "anpr_deliveries_total", labels)
    for process, outbox_log in ((environment.sender, facts.sender), (environment.reader, facts.reader)):
        _compare_edge(facts, sums, process, outbox_log)
    restarts = _counted(environment.ingests, "anpr_consumer_restarts_total")
    return Verification(
        figures={
            "metrics_counted": sums.counted,
            "metrics_true": sums.true,
            "metrics_may_be_unseen": sums.unseen,
            "metrics_wrong": len(sums.problems),
            "consumer_restarts": restarts,
        },
        problems=sums.problems,
    )


def _counted(processes: Iterable[ManagedProcess], name: str, **labels: str) -> int:
    return sum(run.count(name, **labels) for process in processes for run in process.runs)


def _compare_commits(
    facts: Facts, sums: _Sums, processes: Sequence[ManagedProcess], what: str, name: str, labels: dict[str, str]
) -> None:
    total, unseen = 0, 0
    for process in processes:
        commits = [each for each in facts.commits if each.what == what and each.who == login_of(process.name)]
        total += sum(each.number for each in commits)
        unseen += sum(each.number for each in _unseen(facts, process, commits))
    sums.compare(f"{name} {what}", _counted(processes, name, **labels), total, total - unseen)


def _unseen(facts: Facts, process: ManagedProcess, commits: Sequence[Commit]) -> list[Commit]:
    """Those that may be missing in what this process was last seen to have counted. Oldest first in, once each out."""
    missing: dict[str, Commit] = {}
    for run in process.runs:
        _add(missing, commits, run.scraped_at or run.began, run.ended)
    for disruption in facts.environment.disruptions:
        _add(missing, commits, disruption.began, disruption.ended + _ANSWER_LOST_WITHIN_S)
    return list(missing.values())


def _add(missing: dict[str, Commit], commits: Sequence[Commit], since: float, until: float) -> None:
    """What was committed in this time, and the last one before it, which may not have come to an end by then."""
    before = [each for each in commits if each.at < since]
    missing |= {each.xact: each for each in before[-1:]}
    missing |= {each.xact: each for each in commits if since <= each.at <= until}


def _compare_poison(facts: Facts, sums: _Sums, topic: str) -> None:
    """A message that comes again is refused, and counted, again; each time it is on the topic of dead letters first."""
    most = sum(times for ((of, _, _), _), times in facts.topics.dead.items() if of == topic)
    least = 0
    for process in facts.environment.ingests:
        commits = [
            each for each in facts.commits if each.what == f"poison {topic}" and each.who == login_of(process.name)
        ]
        least += sum(each.number for each in commits) - sum(each.number for each in _unseen(facts, process, commits))
    sums.compare(
        f"anpr_poison_total {topic}", _counted(facts.environment.ingests, "anpr_poison_total", topic=topic), most, least
    )


def _compare_edge(facts: Facts, sums: _Sums, process: ManagedProcess, outbox_log: OutboxLog) -> None:
    """Published is counted before the outbox lets go, and after the broker has it; what was given up, after it was."""
    for topic in (TRANSITS_TOPIC, IMAGES_TOPIC):
        seen = _seen(process.runs, outbox_log.released[topic], lambda run, at: not run.may_be_missed(at))
        most = facts.topics.published[topic, process is facts.environment.reader]
        sums.compare(
            f"anpr_published_total {process.name} {topic}",
            _counted([process], "anpr_published_total", topic=topic),
            most,
            seen,
        )
    made = [at for _, at in outbox_log.transits]
    counted = _counted([process], "anpr_transits_total")
    least = _seen(process.runs, made, lambda run, at: not run.may_be_missed(at))
    # Made and not yet taken by the outbox in the moment of a kill: one for each run and camera at most.
    sums.compare(f"anpr_transits_total {process.name}", counted, len(made) + len(process.runs), least)
    dropped = outbox_log.dropped
    last = _dropped_last(process.runs, dropped)
    least = _seen(process.runs, dropped, lambda run, at: not run.may_be_missed(at)) - last
    counted = _counted([process], "anpr_drops_total", reason="image-quota")
    sums.compare(f"anpr_drops_total image-quota {process.name}", counted, len(dropped), least)


def _seen(runs: Sequence[ProcessRun], moments: Sequence[float], is_seen: Callable[[ProcessRun, float], bool]) -> int:
    """How many of these moments the last look at the run they belong to has seen."""
    return sum(1 for at in moments if all(is_seen(run, at) for run in runs))


def _dropped_last(runs: Sequence[ProcessRun], moments: Sequence[float]) -> int:
    """What was given up in the last transaction before each last look: it may have been counted only after it."""
    most = 0
    for run in runs:
        before = [at for at in moments if run.began <= at < run.scraped_at]
        most += sum(1 for at in before if before[-1] - at < _ONE_TRANSACTION_S)
    return most
