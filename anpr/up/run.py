"""`anpr up`, start to end: prepare, start the parts, watch them, stop them in an order that loses nothing."""

import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Any

from anpr.domain.errors import AnprError, SettingsError
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.settings.process import child_environment
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.gates import save_gates
from anpr.store.users.activity import Activity, activity_since
from anpr.transport.spool import Spool
from anpr.up.deployment import Machine, Say, Summary
from anpr.up.logins import Login, ensure_logins
from anpr.up.ports import free_port
from anpr.up.supervisor import Supervisor, this_program

log = logging.getLogger(__name__)

READY_WITHIN_S = 90.0
DRAIN_WITHIN_S = 20.0
STOP_WITHIN_S = 15.0
LOOK_EVERY_S = 0.2
REPORT_EVERY_S = 10.0
MAX_PORT = 65535
_PARTS = ("reader", "ingest", "console", "forward")


class StartError(AnprError):
    """A part of the machine did not come up."""


def run_up(machine: Machine, *, seconds: float | None, clock: Clock, stop: threading.Event, say: Say) -> Summary:
    """Run every part until `stop` is set or `seconds` have passed since all of them ran.

    Raises StartError naming the part that did not come up, StoreError for the database.
    """
    settings = machine.settings
    with ExitStack() as stack:
        stack.enter_context(only_one(settings.data_dir))
        url = stack.enter_context(_database_url(settings, say))
        migrate(url)
        database = stack.enter_context(Database(url, pool_size=2, application="anpr up"))
        logins = _prepare(database, machine, clock)
        port = free_port(settings.console.host, settings.console.port)
        supervisor = _supervisor(machine, url, port, clock)
        stack.callback(supervisor.stop_all, STOP_WITHIN_S)
        started_at = clock.now()
        _start_parts(supervisor, settings)
        _wait_until_ready(supervisor, settings.console.host, port, clock, stop)
        _welcome(settings, port, logins, say)
        began = clock.monotonic()
        _watch(supervisor, database, clock, stop, seconds, say)
        lasted = clock.monotonic() - began
        reader = _stop_parts(supervisor, settings, clock, say)
        with database.transaction() as conn:
            activity = activity_since(conn, started_at)
        return _summary(reader, activity, lasted, supervisor.falls())


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the machine's folder. Raises SettingsError when another `anpr up` has it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "up.lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as exc:
            raise SettingsError(f"data_dir {data_dir}: another 'anpr up' is running there") from exc
        yield


@contextmanager
def _database_url(settings: Settings, say: Say) -> Iterator[str]:
    if settings.database.url is not None:
        yield settings.database.url.get_secret_value()
        return
    say("starting PostgreSQL")
    with embedded_database(settings.embedded_database_dir) as url:
        yield url


def _prepare(database: Database, machine: Machine, clock: Clock) -> list[Login]:
    with database.transaction() as conn:
        save_gates(conn, [gate.to_domain() for gate in machine.settings.gates])
        machine.prepare(conn)
        return ensure_logins(conn, machine.settings.data_dir, clock)


def _supervisor(machine: Machine, url: str, port: int, clock: Clock) -> Supervisor:
    config = ["--config", str(machine.settings_file)] if machine.settings_file else []
    return Supervisor(
        command=[*this_program(), *config],
        environment=child_environment({"DATABASE_URL": url, "ANPR_CONSOLE__PORT": str(port)}),
        folder=machine.settings.data_dir / "run",
        clock=clock,
    )


def _start_parts(supervisor: Supervisor, settings: Settings) -> None:
    ports = metrics_ports(settings)
    supervisor.start("ingest", ["ingest", "--json"], ports["ingest"])
    supervisor.start("console", ["console"], ports["console"])
    if settings.forwarding:
        supervisor.start("forward", ["forward", "serve"], ports["forward"])
    supervisor.start("reader", ["reader", "--json"], ports["reader"])


def metrics_ports(settings: Settings) -> dict[str, dict[str, str]]:
    """By part, the environment that gives it a port of its own: metrics_port for the reader, then one more for each.

    Raises SettingsError when they do not fit below 65536.
    """
    if settings.metrics_port is None:
        return {part: {} for part in _PARTS}
    ports = range(settings.metrics_port, settings.metrics_port + len(_PARTS))
    if ports[-1] > MAX_PORT:
        raise SettingsError(f"metrics_port: {settings.metrics_port} leaves no port for each of {', '.join(_PARTS)}")
    return {part: {"ANPR_METRICS_PORT": str(port)} for part, port in zip(_PARTS, ports, strict=True)}


def _wait_until_ready(supervisor: Supervisor, host: str, port: int, clock: Clock, stop: threading.Event) -> None:
    deadline = clock.monotonic() + READY_WITHIN_S
    while not stop.is_set() and not _answers(f"http://{host}:{port}/readyz"):
        supervisor.check()
        if clock.monotonic() > deadline:
            raise StartError(f"console: did not answer on port {port} within {READY_WITHIN_S:.0f} s; its log is above")
        clock.wait(stop, LOOK_EVERY_S)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _welcome(settings: Settings, port: int, logins: list[Login], say: Say) -> None:
    say("")
    say(f"  console   http://{settings.console.host}:{port}")
    for login in logins:
        say(f"  login     {login.name} / {login.password}   ({login.role})")
    say(f"  data      {settings.data_dir}")
    say("  Ctrl-C stops everything")
    say("")


def _watch(
    supervisor: Supervisor,
    database: Database,
    clock: Clock,
    stop: threading.Event,
    seconds: float | None,
    say: Say,
) -> None:
    began, began_at = clock.monotonic(), clock.now()
    next_report = began + REPORT_EVERY_S
    while not stop.is_set() and (seconds is None or clock.monotonic() - began < seconds):
        clock.wait(stop, LOOK_EVERY_S)
        supervisor.check()
        if clock.monotonic() >= next_report:
            next_report += REPORT_EVERY_S
            with database.transaction() as conn:
                done = activity_since(conn, began_at)
            passed = clock.monotonic() - began
            say(f"{passed:5.0f} s  {done.transits} transits, {done.alarms} alarms, {done.forwarded} forwarded")


def _stop_parts(supervisor: Supervisor, settings: Settings, clock: Clock, say: Say) -> dict[str, Any]:
    """Reader first; what it left in the outbox is stored before ingest goes."""
    say("stopping: reader")
    reader = supervisor.stop("reader", STOP_WITHIN_S)
    if settings.kafka.bootstrap is None:
        _drain(settings.outbox_path, supervisor, clock)
    for name in ("ingest", "forward", "console"):
        say(f"stopping: {name}")
        supervisor.stop(name, STOP_WITHIN_S)
    return reader


def _drain(outbox: Path, supervisor: Supervisor, clock: Clock) -> None:
    never = threading.Event()
    deadline = clock.monotonic() + DRAIN_WITHIN_S
    spool = Spool(outbox)
    try:
        while waiting := sum(count.records for count in spool.counts().values()):
            if clock.monotonic() > deadline:
                log.warning("%d records stay in the outbox; the next start stores them", waiting)
                return
            supervisor.check()
            clock.wait(never, LOOK_EVERY_S)
    finally:
        spool.close()


def _summary(reader: dict[str, Any], activity: Activity, seconds: float, falls: int) -> Summary:
    return Summary(
        frames=int(reader.get("frames", 0)),
        plates=int(reader.get("plates", 0)),
        transits=activity.transits,
        alarms=activity.alarms,
        forwarded=activity.forwarded,
        seconds=round(seconds, 1),
        falls=falls,
    )
