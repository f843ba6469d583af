"""What the processes counted, summed over their lives, against what the database, outboxes and topics wrote down.

A counter goes up after what it counts was committed. So it never says too much, and a life that was killed says too
little by what it committed after the last look at it, and by the one transaction that was under way at that look. A
commit whose answer was lost, because the database or the way to it was cut down just then, is stored and not counted:
what comes again is a duplicate. Which transactions these may be is known exactly; whatever else is missing is wrong.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC
from scripts.reliability.chaos.commits import Commit
from scripts.reliability.chaos.environment import DESTINATION, login_of
from scripts.reliability.chaos.facts import Facts, Reckoning
from scripts.reliability.chaos.outbox_log import Chronicle
from scripts.reliability.chaos.process_metrics import Life
from scripts.reliability.chaos.processes import Part

_ANSWER_LOST_WITHIN_S = 0.5
"""After a process of PostgreSQL was killed, until the server has thrown out all the others."""

_ONE_TRANSACTION_S = 0.05
"""Between the first and the last picture that one transaction of an outbox gives up, generously."""


@dataclass
class _Sums:
    """Of all counters that were compared."""

    counted: int = 0
    true: int = 0
    unseen: int = 0
    wrongs: list[str] = field(default_factory=list)

    def compare(self, what: str, counted: int, most: int, least: int) -> None:
        """`counted` must lie between what was surely seen and what really was."""
        self.counted += counted
        self.true += most
        self.unseen += most - least
        if not least <= counted <= most:
            self.wrongs.append(f"{what}: counted {counted}, must be {least} to {most}")


def reckon_metrics(facts: Facts) -> Reckoning:
    """Every counter that something else can tell."""
    sums = _Sums()
    stage = facts.stage
    for what, name, labels in (
        ("stored", "anpr_stored_total", {"outcome": "stored"}),
        ("alarms", "anpr_alarms_total", {}),
    ):
        _compare_commits(facts, sums, stage.ingests, what, name, labels)
    for topic in (TRANSITS_TOPIC, IMAGES_TOPIC, HEALTH_TOPIC):
        _compare_poison(facts, sums, topic)
    for outcome in ("sent", "accepted", "rejected", "expired"):
        labels = {"destination": DESTINATION, "outcome": outcome}
        _compare_commits(facts, sums, [stage.forward], outcome, "anpr_deliveries_total", labels)
    for part, chronicle in ((stage.sender, facts.sender), (stage.reader, facts.reader)):
        _compare_edge(facts, sums, part, chronicle)
    restarts = _counted(stage.ingests, "anpr_consumer_restarts_total")
    return Reckoning(
        figures={
            "metrics_counted": sums.counted,
            "metrics_true": sums.true,
            "metrics_may_be_unseen": sums.unseen,
            "metrics_wrong": len(sums.wrongs),
            "consumer_restarts": restarts,
        },
        wrongs=sums.wrongs,
    )


def _counted(parts: Iterable[Part], name: str, **labels: str) -> int:
    return sum(life.count(name, **labels) for part in parts for life in part.lives)


def _compare_commits(
    facts: Facts, sums: _Sums, parts: Sequence[Part], what: str, name: str, labels: dict[str, str]
) -> None:
    total, unseen = 0, 0
    for part in parts:
        commits = [each for each in facts.commits if each.what == what and each.who == login_of(part.name)]
        total += sum(each.number for each in commits)
        unseen += sum(each.number for each in _unseen(facts, part, commits))
    sums.compare(f"{name} {what}", _counted(parts, name, **labels), total, total - unseen)


def _unseen(facts: Facts, part: Part, commits: Sequence[Commit]) -> list[Commit]:
    """Those that may be missing in what this process was last seen to have counted. Oldest first in, once each out."""
    missing: dict[str, Commit] = {}
    for life in part.lives:
        _add(missing, commits, life.asked or life.began, life.ended)
    for blow in facts.stage.blows:
        _add(missing, commits, blow.began, blow.ended + _ANSWER_LOST_WITHIN_S)
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
    for part in facts.stage.ingests:
        commits = [each for each in facts.commits if each.what == f"poison {topic}" and each.who == login_of(part.name)]
        least += sum(each.number for each in commits) - sum(each.number for each in _unseen(facts, part, commits))
    sums.compare(
        f"anpr_poison_total {topic}", _counted(facts.stage.ingests, "anpr_poison_total", topic=topic), most, least
    )


def _compare_edge(facts: Facts, sums: _Sums, part: Part, chronicle: Chronicle) -> None:
    """Published is counted before the outbox lets go, and after the broker has it; what was given up, after it was."""
    for topic in (TRANSITS_TOPIC, IMAGES_TOPIC):
        seen = _seen(part.lives, chronicle.left[topic], lambda life, at: not life.was_unseen(at))
        most = facts.topics.published[topic, part is facts.stage.reader]
        sums.compare(
            f"anpr_published_total {part.name} {topic}",
            _counted([part], "anpr_published_total", topic=topic),
            most,
            seen,
        )
    made = [at for _, at in chronicle.transits]
    counted = _counted([part], "anpr_transits_total")
    least = _seen(part.lives, made, lambda life, at: not life.was_unseen(at))
    # Made and not yet taken by the outbox in the moment of a kill: one for each life and camera at most.
    sums.compare(f"anpr_transits_total {part.name}", counted, len(made) + len(part.lives), least)
    given_up = chronicle.given_up
    last = _given_up_last(part.lives, given_up)
    least = _seen(part.lives, given_up, lambda life, at: not life.was_unseen(at)) - last
    counted = _counted([part], "anpr_drops_total", reason="image-quota")
    sums.compare(f"anpr_drops_total image-quota {part.name}", counted, len(given_up), least)


def _seen(lives: Sequence[Life], moments: Sequence[float], is_seen: Callable[[Life, float], bool]) -> int:
    """How many of these moments the last look at the life they belong to has seen."""
    return sum(1 for at in moments if all(is_seen(life, at) for life in lives))


def _given_up_last(lives: Sequence[Life], moments: Sequence[float]) -> int:
    """What was given up in the last transaction before each last look: it may have been counted only after it."""
    most = 0
    for life in lives:
        before = [at for at in moments if life.began <= at < life.asked]
        most += sum(1 for at in before if before[-1] - at < _ONE_TRANSACTION_S)
    return most
