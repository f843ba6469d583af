# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence that the chaos test verifies: outbox logs, the receiving centre, and scraped metrics of process runs."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.domain.transit import ImageRole
from anpr.runtime.clock import SystemClock
from anpr.runtime.metrics import STORED
from anpr.runtime.probes import Readiness, probes
from anpr.transport.outbox import Outbox
from scripts.lab.process_metrics import ProcessRun, why_not_ready
from scripts.lab.transits import make_transit, picture, with_images
from scripts.reliability.chaos.commits import Commit
from scripts.reliability.chaos.environment import Disruption
from scripts.reliability.chaos.facts import Facts
from scripts.reliability.chaos.outbox_log import LoggingOutbox, install_outbox_log, read_outbox_log, waiting_in
from scripts.reliability.chaos.receiving_centre import ReceivingCentre, final_answer, is_deferred
from scripts.reliability.chaos.verification.verify_metrics import _Sums, _unseen

CLOCK = SystemClock()
CONTENT = {ImageRole.PLATE: picture(1, 3_000), ImageRole.CONTEXT: picture(2, 20_000)}


def put(outbox: Outbox, *numbers: int) -> None:
    for number in numbers:
        outbox.put_transit(*with_images(make_transit(number), CONTENT))


def test_an_outbox_log_tells_what_must_arrive_and_what_was_released(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    install_outbox_log(path)
    before = CLOCK.now().timestamp()
    with Outbox(path, 10_000_000, CLOCK) as outbox:
        put(outbox, 1, 2)
        first = [record.seq for kind in ("metadata", "images") for record in outbox.pending(kind, 1)]
        outbox.acknowledge(first)
    found = read_outbox_log(path)
    assert [transit for transit, _ in found.transits] == [make_transit(1).id, make_transit(2).id]
    assert found.images == {(make_transit(number).id, role) for number in (1, 2) for role in ImageRole}
    assert {topic: len(moments) for topic, moments in found.released.items()} == {TRANSITS_TOPIC: 1, IMAGES_TOPIC: 1}
    assert all(before <= at <= CLOCK.now().timestamp() + 0.01 for at in found.released[TRANSITS_TOPIC])
    assert (found.dropped, found.waiting, waiting_in(path)) == ([], 4, 4)


def test_an_outbox_log_tells_which_images_were_dropped(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "outbox.sqlite"
    install_outbox_log(path)
    with LoggingOutbox(path, 100_000, CLOCK) as outbox:
        put(outbox, *range(10))
    found = read_outbox_log(path)
    assert capfd.readouterr().out.split() == [str(transit) for transit, _ in found.transits]
    assert len(found.transits) == 10
    assert len(found.images) + len(found.dropped) == 20
    assert found.waiting == 10 + len(found.images)
    assert len(found.dropped) > 0


def test_the_receiving_centre_answers_each_transit_and_defers_some_once(tmp_path: Path) -> None:
    receiver = ReceivingCentre(tmp_path)
    ids = [make_transit(number).id for number in range(40)]
    (tmp_path / "T_1.csv").write_text("".join(f"{transit};AB123CD;1\n" for transit in ids))
    receiver.answer_new()
    first = dict(line.split(";") for line in (tmp_path / "T_1.csv.esito").read_text().splitlines())
    put_off = [transit for transit in ids if is_deferred(transit)]
    assert first == {str(t): "AGAIN" if is_deferred(t) else final_answer(t) for t in ids}
    assert len(put_off) >= 1
    (tmp_path / "T_2.csv").write_text("".join(f"{transit};AB123CD;1\n" for transit in put_off))
    receiver.answer_new()
    second = dict(line.split(";") for line in (tmp_path / "T_2.csv.esito").read_text().splitlines())
    assert second == {str(transit): final_answer(transit) for transit in put_off}
    assert [receiver.files[transit] for transit in put_off] == [["T_1.csv", "T_2.csv"]] * len(put_off)


def test_a_file_that_is_sent_again_counts_once_and_is_answered_again(tmp_path: Path) -> None:
    receiver = ReceivingCentre(tmp_path)
    ids = [make_transit(number).id for number in range(40)]
    text = "".join(f"{transit};AB123CD;1\n" for transit in ids)
    for _ in range(2):
        (tmp_path / "T_1.csv").unlink(missing_ok=True)
        (tmp_path / "T_1.csv.esito").unlink(missing_ok=True)
        (tmp_path / "T_1.csv").write_text(text)
        receiver.answer_new()
        assert len((tmp_path / "T_1.csv.esito").read_text().splitlines()) == 40
    assert all(names == ["T_1.csv"] for names in receiver.files.values())


def test_a_run_keeps_the_counts_of_its_last_scrape() -> None:
    readiness = Readiness(starting="not yet")
    with probes(0, readiness) as port:
        assert port is not None
        run = ProcessRun(process="ingest-1", port=port, began=CLOCK.now().timestamp())
        run.scrape()
        before = run.count("anpr_stored_total", outcome="stored")
        STORED.labels("stored").inc(3)
        STORED.labels("duplicate").inc(2)
        run.scrape()
        assert why_not_ready(port) == "not ready: not yet"
        readiness.started()
        assert why_not_ready(port) is None
    scraped_at = run.scraped_at
    run.scrape()  # nobody answers any more
    assert run.scraped_at == scraped_at
    assert run.count("anpr_stored_total", outcome="stored") == before + 3
    assert run.count("anpr_stored_total") >= before + 5
    assert "no answer" in str(why_not_ready(port))


def commit(at: float, number: int = 1) -> Commit:
    return Commit(xact=str(at), who="ingest_1", what="stored", at=at, number=number)


def unseen(commits: list[Commit], runs: list[ProcessRun], disruptions: list[Disruption]) -> list[float]:
    facts = cast(Facts, SimpleNamespace(environment=SimpleNamespace(disruptions=disruptions)))
    process = cast(Any, SimpleNamespace(runs=runs))
    return sorted(each.at for each in _unseen(facts, process, commits))


def run(began: float, scraped_at: float, ended: float) -> ProcessRun:
    return ProcessRun(process="ingest-1", port=1, began=began, scraped_at=scraped_at, ended=ended)


COMMITS = [commit(at) for at in (1.0, 2.0, 3.0, 4.0, 5.0)]


def test_of_a_killed_run_what_came_after_the_last_scrape_may_be_missed_and_the_one_under_way() -> None:
    assert unseen(COMMITS, [run(0, 3.5, 4.5)], []) == [3.0, 4.0]
    assert unseen(COMMITS, [run(0, 2.5, 2.6), run(2.8, 6, 7)], []) == [2.0, 5.0]


def test_of_a_run_that_was_never_scraped_everything_may_be_missed() -> None:
    assert unseen(COMMITS, [run(1.5, 0, 3.5)], []) == [1.0, 2.0, 3.0]


def test_an_answer_may_be_lost_when_the_database_is_cut_down() -> None:
    alive = run(0, 9, 10)
    assert unseen(COMMITS, [alive], []) == [5.0]
    assert unseen(COMMITS, [alive], [Disruption(began=2.5, ended=2.6)]) == [2.0, 3.0, 4.0, 5.0]


def test_too_little_and_too_much_are_both_wrong() -> None:
    sums = _Sums()
    for counted in (7, 8, 10, 11):
        sums.compare("x", counted, most=10, least=8)
    assert [wrong.split(",")[0] for wrong in sums.problems] == ["x: counted 7", "x: counted 11"]
