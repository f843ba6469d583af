# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real reader process whose gates come from the centre: changed while it runs, and from its copy without a broker."""

import os
import signal
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from anpr.contract.gate_plan import sign_plan
from anpr.contract.signature import SigningKey
from anpr.domain.gate_plan import GatePlan, PlanOrigin, PlanState
from anpr.domain.health import Change, HealthReport
from anpr.ingest.batch import decode
from anpr.ingest.hand_plans import PlanPublisher, Plans, write_plans
from anpr.runtime.clock import SystemClock
from anpr.settings import KafkaSettings
from anpr.transport.direct import DirectSource
from anpr.transport.kafka import KafkaSource
from anpr.transport.records import RecordKind
from anpr.transport.source import Source
from scripts.lab.ports import free_ports
from scripts.lab.transits import START
from tests.acceptance.test_reader_process import DEADLINE_S, SCRIPTED
from tests.support.traffic import draw_traffic
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(600)
LEFT_CORNER = [[0.0, 0.0], [0.05, 0.0], [0.05, 0.05]]
"""Of the film's image no plate has its centre there."""
WHOLE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]


@dataclass
class Site:
    """A reader with films a and b, and the centre that makes its plans."""

    folder: Path
    repository: Path
    kafka: KafkaSettings | None = None
    key: SigningKey = field(default_factory=SigningKey.generate)
    number: int = 0
    reports: dict[str, HealthReport] = field(default_factory=dict)
    transits: Counter[str] = field(default_factory=Counter)
    """How many came, by camera."""

    def plan(self, cameras: dict[str, dict[str, Any]]) -> None:
        """The next plan: these cameras, each with its keys besides the film."""
        self.number += 1
        rows = [{"id": f"cam-{name}", "url": str(self.folder / name), **keys} for name, keys in cameras.items()]
        gate = {"id": "gate-1", "name": "x", "purpose": "p", "legal_basis": "l", "reader": "r1", "cameras": rows}
        plan = GatePlan(reader_id="r1", number=self.number, made_at=START, gates=(gate,))
        self.hand([("r1", sign_plan(plan, self.key))])

    def hand(self, plans: Plans) -> None:
        if self.kafka is None:
            write_plans(self.folder / "data" / "gate-plans", plans)
            return
        with closing(PlanPublisher(self.kafka)) as publisher:
            publisher.publish(plans)

    def hear(self, source: Source) -> None:
        """Take what the reader has published since the last call."""
        records = source.poll(1000, 0.5)
        later = SystemClock().now() + timedelta(days=1)  # a film is read faster than its time goes
        batch = decode(records, later, lambda _: START)
        assert not batch.refusals
        self.reports |= {report.id: report for report in batch.health}
        self.transits.update(transit.camera_id for transit in batch.transits)
        source.commit(records)

    def until(self, source: Source, check: Callable[[], bool]) -> None:
        """Hear until it is so."""

        def heard() -> bool:
            self.hear(source)
            return check()

        eventually(heard)

    def state(self) -> PlanState:
        """What the reader last said of its plan."""
        report = self.reports.get("r1")
        return (report.plan if report else None) or PlanState(origin=PlanOrigin.NONE)

    def ups(self, name: str) -> int:
        """How often frames of this camera began to come."""
        return [each.state for each in self.changes(name)].count("up")

    def changes(self, name: str) -> tuple[Change, ...]:
        report = self.reports.get(f"cam-{name}")
        return report.changes if report else ()

    def start(self, kafka: KafkaSettings | None = None) -> subprocess.Popen[str]:
        values: dict[str, Any] = {
            "data_dir": str(self.folder / "data"),
            "gate_plan": {"source": "centre", "public_key": self.key.public.text},
            "reader": {"id": "r1", "assemble": {"reentry_s": 0}},
        }
        if kafka is not None:
            values["kafka"] = {"bootstrap": kafka.bootstrap, "topic_prefix": kafka.topic_prefix}
            values["kafka"]["partitions"] = 1
        (self.folder / "site.yaml").write_text(yaml.safe_dump(values))
        environment = {**os.environ, "ANPR_CONFIG": str(self.folder / "site.yaml")}
        environment.pop("KAFKA_BOOTSTRAP", None)
        return subprocess.Popen(
            [sys.executable, *SCRIPTED, "--json"],
            cwd=self.repository,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )


@contextmanager
def running(site: Site, kafka: KafkaSettings | None = None) -> Iterator[subprocess.Popen[str]]:
    process = site.start(kafka)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0, err
        assert "Traceback" not in err
    finally:
        process.kill()
        process.communicate()


def outbox(site: Site) -> DirectSource:
    (site.folder / "data").mkdir(exist_ok=True)
    return DirectSource(site.folder / "data" / "outbox.sqlite", SystemClock(), [RecordKind.METADATA])


@pytest.fixture(params=["direct", pytest.param("kafka", marks=pytest.mark.kafka)])
def site(request: pytest.FixtureRequest, tmp_path: Path, repository: Path) -> Site:
    for first, name in enumerate("ab"):
        draw_traffic(tmp_path / name, 50, rounds=100, first=first * 100)
    if request.param == "direct":
        return Site(tmp_path, repository)
    bootstrap = request.getfixturevalue("kafka_bootstrap")
    return Site(tmp_path, repository, KafkaSettings(bootstrap=bootstrap, topic_prefix=f"{uuid.uuid4().hex}."))


def source_of(site: Site) -> Source:
    if site.kafka is None:
        return outbox(site)
    return KafkaSource(site.kafka, ["anpr.transits", "anpr.health"], SystemClock())


def test_a_changed_region_changes_what_one_camera_sees_and_no_other_starts_anew(site: Site) -> None:
    with running(site, site.kafka), closing(source_of(site)) as source:

        def heard(camera: str, more: int = 1) -> None:
            wanted = site.transits[camera] + more
            site.until(source, lambda: site.transits[camera] >= wanted)

        def b_alone() -> bool:
            before = site.transits["cam-a"]
            heard("cam-b", 5)
            return site.transits["cam-a"] == before

        site.until(source, lambda: "r1" in site.reports)
        assert site.state() == PlanState(origin=PlanOrigin.NONE)
        site.plan({"a": {}, "b": {}})
        heard("cam-a")
        heard("cam-b")
        assert (site.state().origin, site.state().number) == (PlanOrigin.CENTRE, 1)
        site.plan({"a": {"regions": [LEFT_CORNER]}, "b": {}})
        site.until(source, lambda: site.state().number == 2 and site.ups("a") == 2)
        eventually(b_alone)
        site.plan({"a": {"regions": [WHOLE]}, "b": {}})
        site.until(source, lambda: site.ups("a") == 3)
        heard("cam-a", 3)
        assert [each.state for each in site.changes("b")] == ["connecting", "up"], "it went on all the time"
        site.plan({"a": {"regions": [[[0.5, 0.5], [1.5, 0.5], [1.0, 1.0]]]}, "b": {}})
        site.until(source, lambda: site.state().refused == 4)
        assert "gate gate-1: camera cam-a: regions: polygon 1: the corner [1.5, 0.5]" in (site.state().refusal or "")
        heard("cam-a", 3)
        site.plan({"b": {}})
        site.until(source, lambda: [each.state for each in site.changes("a")][-1] == "stopped")
        assert site.state().refusal is None
        heard("cam-b")


def test_a_reader_goes_on_with_its_copy_while_the_centre_is_away(site: Site) -> None:
    with running(site, site.kafka), closing(source_of(site)) as source:
        site.plan({"a": {}})
        site.until(source, lambda: site.transits["cam-a"] > 0)
    (port,) = free_ports(1)
    away = KafkaSettings(bootstrap=f"127.0.0.1:{port}") if site.kafka else None
    for path in (site.folder / "data" / "gate-plans").glob("*"):
        path.unlink()
    with running(site, away), closing(outbox(site)) as source:
        # What the first reader left in the outbox comes before it.
        site.until(source, lambda: site.state().origin is PlanOrigin.COPY)
        site.transits.clear()
        site.until(source, lambda: site.transits["cam-a"] > 0)
        state = site.state()
    assert (state.origin, state.number, state.made_at) == (PlanOrigin.COPY, 1, START)
