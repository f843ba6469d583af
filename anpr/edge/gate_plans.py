# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plan follower of a reader: takes plans that are signed, newer and sound, keeps a copy on disk, refuses others.

What it refuses changes nothing: the reader goes on with the plan that it has, and tells the centre why. A camera whose
login is missing stays away alone, and says so as its state.
"""

import logging
import os
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

from anpr.capture.login import address_with_login
from anpr.contract.gate_plan import SignedPlan, open_plan
from anpr.contract.health import MAX_REFUSAL
from anpr.contract.signature import PublicKey
from anpr.domain.errors import InputError, SettingsError
from anpr.domain.gate import Gate
from anpr.domain.gate_plan import GatePlan, PlanOrigin, PlanState
from anpr.edge.camera_secrets import with_login
from anpr.edge.plan_sources import PlanSource
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import GATE_PLAN_NUMBER, GATE_PLAN_REFUSED
from anpr.settings import CameraSettings, GateSettings, Settings
from anpr.settings.planned import PlannedGate, read_definition

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0
_AGAIN_S = 10.0


class StalePlanError(InputError):
    """A plan that is not newer than the one that runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Taken:
    """The plan that runs: what it says, as it came, and the gates with their cameras' logins."""

    plan: GatePlan
    signed: SignedPlan
    gates: tuple[Gate, ...]


class GatePlans:
    """The plan of one reader. `look` is called several times a second, by one thread."""

    def __init__(self, settings: Settings, source: PlanSource, clock: Clock) -> None:
        """Takes the copy that is on disk. Raises SettingsError where plans come by a broker and `gate_plan.public_key`
        is not set."""
        text = settings.gate_plan.public_key
        if text is None and settings.kafka.bootstrap is not None:
            raise SettingsError(
                "gate_plan.public_key: needed where plans come by a broker; the centre's `anpr audit key` prints it"
            )
        self._key = PublicKey(text) if text else None
        self._settings = settings
        self._source = source
        self._clock = clock
        self._look_at = self._again_at = float("-inf")
        self._refused: SignedPlan | None = None
        self._unsaved = False
        self._taken: _Taken | None = None
        self.state = PlanState(origin=PlanOrigin.NONE)
        self._start()
        self._measure()

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates of the plan that runs, their cameras with logins; empty without one."""
        return self._taken.gates if self._taken else ()

    def look(self) -> bool:
        """Take what came; whether the gates changed. Raises nothing."""
        now = self._clock.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + _LOOK_EVERY_S
        came = self._source.take()
        if came is None and now >= self._again_at:
            came = self._refused
            self._save()
        if came is None:
            return False
        self._again_at = now + _AGAIN_S
        changed = self._consider(came)
        self._measure()
        return changed

    def _measure(self) -> None:
        GATE_PLAN_NUMBER.set(self.state.number or 0)
        GATE_PLAN_REFUSED.set(int(self.state.refusal is not None))

    def _start(self) -> None:
        try:
            content = self._settings.gate_plan_copy.read_bytes()
        except FileNotFoundError:
            log.info("reader %s: has no plan yet, and waits for the centre's", self._settings.reader.id)
            return
        except OSError as exc:
            self._refuse(None, f"its copy: {self._settings.gate_plan_copy}: {exc.strerror or exc}")
            return
        try:
            signed = SignedPlan.from_file(content)
            plan = self._open(signed)
            self._taken = _Taken(plan=plan, signed=signed, gates=self._gates(plan))
        except InputError as exc:
            self._refuse(None, f"its copy: {self._settings.gate_plan_copy}: {exc}")
            return
        self.state = PlanState(origin=PlanOrigin.COPY, number=plan.number, made_at=plan.made_at)
        log.info("reader %s: runs on version %d, from its copy", plan.reader_id, plan.number)

    def _consider(self, signed: SignedPlan) -> bool:
        number: int | None = None
        try:
            plan = self._open(signed)
            number = plan.number
            if self._taken is not None and self._is_same(signed, plan, self._taken):
                self._refused = None
                self.state = replace(self.state, origin=PlanOrigin.CENTRE, refused=None, refusal=None)
                return False
            gates = self._gates(plan)
        except InputError as exc:
            # An older one never gets better by itself; what is missing on this machine may come.
            self._refused = None if isinstance(exc, StalePlanError) else signed
            self._refuse(number, str(exc))
            return False
        changed = gates != self.gates or self._taken is None
        self._taken, self._refused = _Taken(plan=plan, signed=signed, gates=gates), None
        self.state = PlanState(origin=PlanOrigin.CENTRE, number=plan.number, made_at=plan.made_at)
        self._unsaved = True
        self._save()
        log.info("reader %s: runs on version %d, from the centre", plan.reader_id, plan.number)
        return changed

    def _open(self, signed: SignedPlan) -> GatePlan:
        return open_plan(signed, self._settings.reader.id, self._key)

    def _is_same(self, signed: SignedPlan, plan: GatePlan, taken: _Taken) -> bool:
        """Whether it is the plan that runs. Raises StalePlanError for an older one, or another one of its number."""
        if plan.number > taken.plan.number:
            return False
        if plan.number == taken.plan.number and signed.value == taken.signed.value:
            return True
        copy = self._settings.gate_plan_copy
        if plan.number == taken.plan.number:
            raise StalePlanError(f"version {plan.number} came again with other gates than those that run")
        raise StalePlanError(
            f"version {plan.number} is older than {taken.plan.number}, which runs; where the centre went back on"
            f" purpose, stop the reader, delete {copy} and start it"
        )

    def _gates(self, plan: GatePlan) -> tuple[Gate, ...]:
        """Raises InputError that names gate, camera and key."""
        planned = [read_definition(dict(each)) for each in plan.gates]
        owner: dict[str, str] = {}
        for gate in planned:
            for camera in gate.cameras:
                if other := owner.get(camera.id):
                    raise InputError(f"gate {gate.id}: camera {camera.id}: gate {other} has it too")
                owner[camera.id] = gate.id
        return tuple([self._gate(gate) for gate in planned])

    def _gate(self, gate: PlannedGate) -> Gate:
        cameras = tuple([with_login(camera, self._settings) for camera in gate.cameras])
        return replace(gate.to_domain(), cameras=cameras)

    def _refuse(self, number: int | None, why: str) -> None:
        refusal = _plain(why)
        if refusal != self.state.refusal:
            log.error("reader %s: refused a plan: %s", self._settings.reader.id, why)
        self.state = replace(self.state, refused=number, refusal=refusal)

    def _save(self) -> None:
        if not self._unsaved or self._taken is None:
            return
        path = self._settings.gate_plan_copy
        try:
            _write(path, self._taken.signed.to_file())
        except OSError as exc:
            log.error("reader %s: its plan cannot be kept: %s: %s", self._settings.reader.id, path, exc.strerror or exc)
        else:
            self._unsaved = False


def copied_gates(settings: Settings, camera_id: str | None = None) -> tuple[GateSettings, ...]:
    """The gates of the copy on this machine as in a settings file; empty without a copy.

    Of the logins that this machine has, the one of this camera alone is in it: a command that tries one camera needs no
    other's. Raises InputError that names the file, or this camera whose secret is missing.
    """
    path = settings.gate_plan_copy
    key = settings.gate_plan.public_key
    try:
        plan = open_plan(SignedPlan.from_file(path.read_bytes()), settings.reader.id, PublicKey(key) if key else None)
        planned = [read_definition(dict(each)) for each in plan.gates]
    except FileNotFoundError:
        return ()
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    except InputError as exc:
        raise InputError(f"{path}: {exc}") from exc
    return tuple([_with_login(gate, settings, camera_id) for gate in planned])


def _with_login(gate: PlannedGate, settings: Settings, camera_id: str | None) -> GateSettings:
    cameras = []
    for camera in gate.cameras:
        fields = {name: getattr(camera, name) for name in CameraSettings.model_fields}
        is_asked = camera.secret is not None and camera.id == camera_id
        address = address_with_login(with_login(camera, settings)) if is_asked else None
        cameras.append(CameraSettings(**fields | ({"url": address} if address else {})))
    fields = {name: getattr(gate, name) for name in GateSettings.model_fields if name != "cameras"}
    return GateSettings(**fields, cameras=tuple(cameras))


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, also where the power fails meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _plain(text: str) -> str:
    """As the contract lets it through."""
    plain = "".join(sign if unicodedata.category(sign)[0] not in "CZ" or sign == " " else " " for sign in text)
    return plain if len(plain) <= MAX_REFUSAL else f"{plain[: MAX_REFUSAL - 1]}…"
