# SPDX-License-Identifier: AGPL-3.0-or-later
"""One suite over both forms of handing plans on: what the centre saves is what the reader runs."""

import contextlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from anpr.capture.login import address_with_login
from anpr.cli.common.cameras import find_camera, site_gates
from anpr.contract.gate_plan import SignedPlan, sign_plan
from anpr.contract.signature import SigningKey
from anpr.contract.topics import GATES_TOPIC
from anpr.domain.errors import CameraError
from anpr.domain.gate_plan import GatePlan, PlanOrigin
from anpr.edge.gate_plans import GatePlans, copied_gates
from anpr.edge.plan_sources import PlanSource, plan_source
from anpr.ingest.hand_plans import PlanHander, PlanPublisher, Plans, write_plans
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.settings.planned import read_definition
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.gate_versions import GateEdit, current_version, restore_version, save_version
from scripts.lab.transits import START
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(300)
REGION = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]


class QuickClock(SystemClock):
    """Its monotonic time runs far ahead at each look, so that nothing waits for time alone."""

    ahead = 0.0

    def monotonic(self) -> float:
        QuickClock.ahead += 60.0
        return super().monotonic() + QuickClock.ahead


@dataclass
class Line:
    """The centre's end and the reader's end of one form."""

    settings: Settings
    database: Database
    key: SigningKey
    hand: Callable[[Plans], None]

    def save(self, **fields: Any) -> None:
        """The next version of the gate `tosco`, with one camera, handed on."""
        camera = {"id": "cam-1", "url": "rtsp://10.0.0.5/live", **fields.pop("camera", {})}
        cameras = [camera, *fields.pop("others", ())]
        gate = {"id": "tosco", "name": "Via Tosco", "purpose": "p", "legal_basis": "l", "reader": "r1", **fields}
        with self.database.transaction() as conn:
            newest = current_version(conn, "tosco")
            edit = self.edit(newest.version if newest else 0)
            save_version(conn, read_definition({**gate, "cameras": cameras}), edit)
        self.look()

    def edit(self, based_on: int) -> GateEdit:
        by = Author(name="anna", at=START + timedelta(minutes=based_on))
        return GateEdit(by=by, reason="prova", based_on=based_on, keep_by_purpose={})

    def look(self) -> None:
        PlanHander(self.database, self.key, self.hand, SystemClock()).look()

    def raw(self, plan: SignedPlan) -> None:
        """Something that the centre would not send."""
        self.hand([("r1", plan)])

    def source(self) -> AbstractContextManager[PlanSource]:
        return plan_source(self.settings, SystemClock())

    def secret(self, text: str) -> None:
        self.settings.secrets_dir.mkdir(exist_ok=True)
        (self.settings.secrets_dir / "login").write_text(text)


@pytest.fixture(params=["direct", pytest.param("kafka", marks=pytest.mark.kafka)])
def line(request: pytest.FixtureRequest, tmp_path: Path, database: Database) -> Iterator[Line]:
    key = SigningKey.generate()
    values: dict[str, Any] = {
        "data_dir": str(tmp_path),
        "reader": {"id": "r1"},
        "gate_plan": {"source": "centre", "public_key": key.public.text},
    }
    if request.param == "direct":
        settings = Settings.model_validate(values)
        yield Line(settings, database, key, partial(write_plans, settings.gate_plans_dir))
        return
    prefix = f"{uuid.uuid4().hex}."
    values["kafka"] = {"bootstrap": request.getfixturevalue("kafka_bootstrap"), "topic_prefix": prefix, "partitions": 1}
    settings = Settings.model_validate(values)
    with contextlib.closing(PlanPublisher(settings.kafka)) as publisher:
        yield Line(settings, database, key, publisher.publish)


def follower(line: Line, source: PlanSource) -> GatePlans:
    return GatePlans(line.settings, source, QuickClock())


def until(plans: GatePlans, check: Callable[[], bool]) -> None:
    def looked() -> bool:
        plans.look()
        return check()

    eventually(looked)


def test_a_plan_arrives_and_each_change_after_it(line: Line) -> None:
    line.save()
    with line.source() as source:
        plans = follower(line, source)
        assert plans.state.origin is PlanOrigin.NONE
        until(plans, lambda: plans.state.number == 1)
        assert [(gate.id, camera.id) for gate in plans.gates for camera in gate.cameras] == [("tosco", "cam-1")]
        line.save(camera={"regions": [REGION]})
        until(plans, lambda: plans.state.number == 2)
        assert plans.gates[0].cameras[0].regions[0].points == tuple((x, y) for x, y in REGION)
        with line.database.transaction() as conn:
            restore_version(conn, "tosco", 1, line.edit(2))
        line.look()
        until(plans, lambda: plans.state.number == 3)
        assert plans.gates[0].cameras[0].regions == ()
        assert (plans.state.origin, plans.state.refusal) == (PlanOrigin.CENTRE, None)


def test_a_reader_starts_from_its_copy_and_learns_whether_it_is_the_newest(line: Line) -> None:
    line.save()
    with line.source() as source:
        plans = follower(line, source)
        until(plans, lambda: plans.state.number == 1)

    class Nothing:
        def take(self) -> SignedPlan | None:
            return None

    alone = follower(line, Nothing())
    assert (alone.state.origin, alone.state.number) == (PlanOrigin.COPY, 1)
    assert alone.state.made_at == START
    assert alone.gates == plans.gates
    assert (line.settings.gate_plan_copy.stat().st_mode & 0o777) == 0o600
    with line.source() as source:
        again = follower(line, source)
        until(again, lambda: again.state.origin is PlanOrigin.CENTRE)
        assert (again.state.number, again.gates) == (1, plans.gates)


def test_the_password_comes_from_the_readers_machine_alone(line: Line) -> None:
    line.save(camera={"secret": "login"})
    with line.source() as source:
        plans = follower(line, source)
        until(plans, lambda: plans.state.number == 1)
        assert plans.state.refusal is None
        (camera,) = [camera for gate in plans.gates for camera in gate.cameras]
        with pytest.raises(CameraError, match=r"login is neither in reader.secrets nor in a file: "):
            address_with_login(camera)
        line.secret("anna:se:greto#1\nhost: 10.0.0.5")
        assert address_with_login(camera) == "rtsp://anna:se%3Agreto%231@10.0.0.5/live"
        line.save(camera={"secret": "login", "url": "rtsp://10.0.0.66/live"})
        until(plans, lambda: plans.state.number == 2)
        with pytest.raises(CameraError, match=r"is not for 10\.0\.0\.66"):
            address_with_login(plans.gates[0].cameras[0])
    copy = line.settings.gate_plan_copy.read_text()
    assert "greto" not in copy
    assert "anna" not in copy


def changed(plan: GatePlan, number: int | None = None, **camera: Any) -> GatePlan:
    (gate,) = plan.gates
    gates = ({**gate, "cameras": [{**gate["cameras"][0], **camera}]},)
    return replace(plan, number=number or plan.number + 1, gates=gates)


def altered(plan: GatePlan, key: SigningKey) -> SignedPlan:
    signed = sign_plan(changed(plan), key)
    return SignedPlan(signed.value.replace(b"10.0.0.5", b"10.0.0.6"), signed.signature)


BAD: dict[str, tuple[Callable[[GatePlan, SigningKey], SignedPlan], str]] = {
    "outside": (
        lambda plan, key: sign_plan(changed(plan, regions=[[[0.1, 0.1], [1.9, 0.1], [0.9, 0.9]]]), key),
        "gate tosco: camera cam-1: regions: polygon 1: the corner [1.9, 0.1] lies outside",
    ),
    "password": (
        lambda plan, key: sign_plan(changed(plan, url="rtsp://anna:segreto@10.0.0.5/live"), key),
        "gate tosco: camera cam-1: url: a login in the address",
    ),
    "stranger": (lambda plan, _: sign_plan(changed(plan), SigningKey.generate()), "signed by the unknown key"),
    "altered": (altered, "the signature is that of other content"),
    "unsigned": (lambda plan, key: SignedPlan(sign_plan(changed(plan), key).value, None), "it is not signed"),
    "older": (lambda plan, key: sign_plan(changed(plan, 1), key), "version 1 is older than 2, which runs"),
    "same number": (
        lambda plan, key: sign_plan(replace(plan, gates=()), key),
        "version 2 came again with other gates",
    ),
    "not JSON": (
        lambda _, key: SignedPlan(b"{", key.sign(GATES_TOPIC, b"r1", {}, b"{")),
        "1 bytes that are not JSON",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_plan_is_refused_and_the_one_before_goes_on(line: Line, kind: str) -> None:
    line.save(name="Prima")
    line.save(camera={"regions": [REGION]})
    with line.source() as source:
        plans = follower(line, source)
        until(plans, lambda: plans.state.number == 2)
        before, copy = plans.gates, line.settings.gate_plan_copy.read_bytes()
        with line.database.transaction() as conn:
            newest = current_version(conn, "tosco")
        assert newest is not None
        good = GatePlan(reader_id="r1", number=2, made_at=START, gates=(dict(newest.definition),))
        make, said = BAD[kind]
        line.raw(make(good, line.key))
        until(plans, lambda: plans.state.refusal is not None)
        assert said in (plans.state.refusal or "")
        assert "segreto" not in (plans.state.refusal or "")
        assert (plans.gates, plans.state.number, plans.state.origin) == (before, 2, PlanOrigin.CENTRE)
        assert line.settings.gate_plan_copy.read_bytes() == copy
        line.save(name="Dopo")
        until(plans, lambda: plans.state.number == 3)
        assert plans.state.refusal is None


def test_a_copy_that_was_changed_is_not_run(line: Line) -> None:
    line.save()
    with line.source() as source:
        plans = follower(line, source)
        until(plans, lambda: plans.state.number == 1)
        copy = line.settings.gate_plan_copy
        copy.write_bytes(copy.read_bytes().replace(b"10.0.0.5", b"10.0.0.6"))
        again = follower(line, source)
        assert (again.gates, again.state.origin) == ((), PlanOrigin.NONE)
        assert "the signature is that of other content" in (again.state.refusal or "")


@pytest.mark.kafka
def test_of_what_is_on_the_topic_only_the_newest_of_this_reader_counts(kafka_bootstrap: str, tmp_path: Path) -> None:
    key = SigningKey.generate()
    settings = Settings.model_validate(
        {
            "data_dir": str(tmp_path),
            "reader": {"id": "r1"},
            "gate_plan": {"source": "centre", "public_key": key.public.text},
            "kafka": {"bootstrap": kafka_bootstrap, "topic_prefix": f"{uuid.uuid4().hex}."},
        }
    )
    with contextlib.closing(PlanPublisher(settings.kafka)) as publisher:
        for number in (1, 2, 3):
            for reader in ("r1", "r2"):
                plan = sign_plan(GatePlan(reader_id=reader, number=number, made_at=START, gates=()), key)
                publisher.publish([(reader, plan)])
        publisher.publish([("r3", SignedPlan(b"x", b"x"))])
    with plan_source(settings, SystemClock()) as source:
        plans = GatePlans(settings, source, QuickClock())
        until(plans, lambda: plans.state.number is not None)
        assert (plans.state.number, plans.state.refusal) == (3, None)


def test_commands_that_try_a_camera_know_the_copys_with_their_logins(line: Line) -> None:
    line.secret("anna:segreto\nhost: 10.0.0.5")
    line.save(camera={"secret": "login", "regions": [REGION]})
    assert copied_gates(line.settings) == ()
    with line.source() as source:
        plans = follower(line, source)
        until(plans, lambda: plans.state.number == 1)
    (gate,) = copied_gates(line.settings, "cam-1")
    (camera,) = gate.cameras
    assert camera.url.get_secret_value() == "rtsp://anna:segreto@10.0.0.5/live"
    assert camera.to_domain().regions == plans.gates[0].cameras[0].regions


def test_one_camera_whose_secret_is_missing_stops_no_other(line: Line) -> None:
    line.secret("anna:segreto\nhost: 10.0.0.5")
    line.save(camera={"secret": "login"}, others=[{"id": "cam-2", "url": "rtsp://10.0.0.6/live", "secret": "nowhere"}])
    with line.source() as source:
        plans = follower(line, source)
        until(plans, lambda: plans.state.number == 1)
    assert [camera.id for gate in site_gates(line.settings) for camera in gate.cameras] == ["cam-1", "cam-2"]
    assert find_camera(line.settings, "cam-1", "--camera")[1].url.get_secret_value().startswith("rtsp://anna:")
    with pytest.raises(CameraError, match=r"cam-2.*nowhere"):
        find_camera(line.settings, "cam-2", "--camera")
