# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr up`, start to end: prepares, starts the parts, watches them, and stops them without losing anything."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import partial
from pathlib import Path
from typing import Any

from anpr.domain.errors import SettingsError, StoreError
from anpr.runtime.background import running
from anpr.runtime.clock import Clock
from anpr.runtime.private_files import close_to_others
from anpr.settings import Settings
from anpr.settings.process import child_environment
from anpr.store.database.connection import Database
from anpr.store.embedded.configured import migrate_configured, open_database_url
from anpr.store.gates import save_gates
from anpr.store.organisations.registry import name_manager
from anpr.store.users.activity import Activity, activity_since
from anpr.up.arrival import wait_for_database
from anpr.up.console_ready import console_address, wait_until_ready
from anpr.up.deployment import Deployment, Echo, Summary
from anpr.up.logins import FirstLogins, ensure_logins, tell_logins
from anpr.up.outage import DatabaseOutage
from anpr.up.parts import DATABASE_VARIABLES, database_environment, metrics_environment, wanted_parts
from anpr.up.ports import free_port
from anpr.up.progress import ProgressLine
from anpr.up.shutdown import STOP_WITHIN_S, stop_parts
from anpr.up.supervisor import Supervisor, this_program

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
ASK_EVERY_S = 2.0
"""Between two questions to the database, which may be on another machine."""


def run_up(
    deployment: Deployment, *, seconds: float | None, clock: Clock, stop: threading.Event, echo: Echo
) -> Summary:
    """Run every part until `stop` is set or `seconds` have passed since all of them ran.

    A database server of one's own that is away is waited for, until `stop` is set: then nothing has run.
    Raises StartError naming the part that did not come up, StoreError for the database.
    """
    settings = deployment.settings
    settings.console.refuse_exposed(settings.console.host)
    with ExitStack() as stack:
        stack.enter_context(only_one(settings.data_dir))
        url = stack.enter_context(_database(settings, echo))
        if settings.database.url is not None and not wait_for_database(url, clock, stop, echo):
            return _summary({}, Activity(transits=0, alarms=0, forwarded=0), 0.0, 0)
        migrate_configured(settings, url)
        database = stack.enter_context(Database(url, pool_size=2, application="anpr up"))
        logins = _prepare(database, deployment, clock)
        port = free_port(settings.console.host, settings.console.port)
        supervisor = _supervisor(deployment, port, clock)
        stack.callback(supervisor.stop_all, STOP_WITHIN_S)
        started_at = clock.now()
        _start_parts(supervisor, settings, url)
        wait_until_ready(supervisor, console_address(settings.console, port), clock, stop)
        _welcome(deployment, port, logins, echo)
        began = clock.monotonic()
        _watch(supervisor, partial(_report, database, settings, clock, echo), clock, stop, seconds)
        lasted = clock.monotonic() - began
        summaries = stop_parts(supervisor, settings, clock, echo)
        with database.transaction() as conn:
            activity = activity_since(conn, started_at)
        return _summary(summaries["reader"], activity, lasted, supervisor.restarts())


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Lock the data folder. Raises SettingsError when another `anpr up` has it."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    close_to_others(data_dir, let_pass=True)  # the database's own user passes through it, when we are root
    with (data_dir / "up.lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as exc:
            raise SettingsError(f"data_dir {data_dir}: another 'anpr up' is running there") from exc
        yield


def _database(settings: Settings, echo: Echo) -> AbstractContextManager[str]:
    if settings.database.url is None:
        echo("starting PostgreSQL")
    return open_database_url(settings, create=True)


def _prepare(database: Database, deployment: Deployment, clock: Clock) -> FirstLogins:
    with database.transaction() as conn:
        name_manager(conn, deployment.settings.municipality)
        deployment.prepare(conn)
        save_gates(conn, deployment.settings.domain_gates())
        return ensure_logins(conn, deployment.settings.data_dir, clock, deployment.first_users)


def _supervisor(deployment: Deployment, port: int, clock: Clock) -> Supervisor:
    config = ["--config", str(deployment.settings_file)] if deployment.settings_file else []
    return Supervisor(
        command=[*this_program(), *config],
        environment=child_environment({"ANPR_CONSOLE__PORT": str(port)}, without=DATABASE_VARIABLES),
        folder=deployment.settings.data_dir / "run",
        clock=clock,
    )


def _start_parts(supervisor: Supervisor, settings: Settings, url: str) -> None:
    for part in wanted_parts(settings):
        environment = metrics_environment(part, settings.metrics_port) | database_environment(part, settings, url)
        supervisor.start(part.name, part.arguments, environment)


def _welcome(deployment: Deployment, port: int, logins: FirstLogins, echo: Echo) -> None:
    settings = deployment.settings
    echo("")
    echo(f"  console   {console_address(settings.console, port)}")
    tell_logins(logins, settings.data_dir, echo, is_terminal=sys.stderr.isatty())
    echo(f"  data      {settings.data_dir}")
    for note in deployment.notes:
        echo(note)
    echo("  Ctrl-C stops everything")
    echo("")


def _watch(
    supervisor: Supervisor,
    report: Callable[[threading.Event], object],
    clock: Clock,
    stop: threading.Event,
    seconds: float | None,
) -> None:
    """Until `stop` is set or `seconds` have passed. `report` asks the database in a thread of its own: when it is away
    an answer takes seconds, and parts that crashed must not wait for that.
    """
    began = clock.monotonic()
    with running(report, "progress"):
        while not stop.is_set() and (seconds is None or clock.monotonic() - began < seconds):
            clock.wait(stop, LOOK_EVERY_S)
            supervisor.check()


def _report(database: Database, settings: Settings, clock: Clock, echo: Echo, stop: threading.Event) -> None:
    began, began_at = clock.monotonic(), clock.now()

    def done() -> Activity:
        with database.transaction() as conn:
            return activity_since(conn, began_at)

    outage = DatabaseOutage(database.ping, clock, settings.time_zone, echo)
    progress = ProgressLine(done, echo)
    while not clock.wait(stop, ASK_EVERY_S):
        if outage.is_over():
            with suppress(StoreError):  # it went between the two questions; the next one tells
                progress.tell(clock.monotonic() - began)


def _summary(reader: dict[str, Any], activity: Activity, seconds: float, restarts: int) -> Summary:
    return Summary(
        frames=int(reader.get("frames", 0)),
        plates=int(reader.get("plates", 0)),
        transits=activity.transits,
        alarms=activity.alarms,
        forwarded=activity.forwarded,
        seconds=round(seconds, 1),
        restarts=restarts,
    )
