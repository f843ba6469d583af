"""`anpr reader`: the edge process."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta

import click

from anpr.cli.duration import DURATION
from anpr.cli.main import loaded_settings
from anpr.cli.stopping import stop_on_signals
from anpr.clock import Clock, SystemClock
from anpr.domain.errors import AnprError
from anpr.probes import Readiness, probes
from anpr.reader.run import ReaderSummary, run_reader
from anpr.settings import Settings
from anpr.transport.age import MaxAge
from anpr.transport.kafka import KafkaPublisher
from anpr.transport.outbox import Outbox
from anpr.transport.pump import pump

_DRAIN_WITHIN_S = 3.0
_DRAIN_LOOK_S = 0.1


@click.command(name="reader")
@click.option("--for", "seconds", type=DURATION, help="Stop by itself after this time (60s, 5m, 1h).")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object on standard output.")
@click.pass_context
def command(ctx: click.Context, seconds: float | None, as_json: bool) -> None:
    """Turn the cameras of this machine's gates into transits.

    Transits wait in the outbox until the broker has them or, without a broker, until ingest on this machine does.
    Ends with Ctrl-C, after --for, or when every source was a file and all are read.
    """
    settings = loaded_settings(ctx).settings
    clock = SystemClock()
    stop = stop_on_signals()
    readiness = Readiness(starting="the models are loading")
    if seconds is not None:
        _stop_after(seconds, stop, clock)
    began = clock.monotonic()
    with (
        probes(settings.metrics_port, readiness),
        _open_outbox(settings, clock) as outbox,
        _publishing(settings, outbox, clock, stop),
    ):
        summary = run_reader(settings, outbox, clock, stop, readiness=readiness)
    _tell(summary, clock.monotonic() - began, as_json)


def _stop_after(seconds: float, stop: threading.Event, clock: Clock) -> None:
    def wait() -> None:
        clock.wait(stop, seconds)
        stop.set()

    threading.Thread(target=wait, name="stop-after", daemon=True).start()


@contextmanager
def _open_outbox(settings: Settings, clock: Clock) -> Iterator[Outbox]:
    settings.outbox_path.parent.mkdir(parents=True, exist_ok=True)
    outbox = Outbox(settings.outbox_path, settings.reader.outbox.max_mb * 1_000_000, clock, _max_age(settings))
    try:
        yield outbox
    finally:
        outbox.close()


def _max_age(settings: Settings) -> MaxAge:
    longest = settings.retention.transit_days * 24
    hours = settings.reader.outbox
    return MaxAge(
        metadata=timedelta(hours=hours.metadata_max_age_h or longest),
        images=timedelta(hours=hours.images_max_age_h or longest),
    )


@contextmanager
def _publishing(settings: Settings, outbox: Outbox, clock: Clock, stop: threading.Event) -> Iterator[None]:
    """With a broker, publish in a thread of its own; at the end give it a moment for what still waits.

    When publishing breaks down, and not just the broker, the reader stops and fails: transits must not pile up unseen.
    """
    if settings.kafka.bootstrap is None:
        yield
        return
    done = threading.Event()
    failures: list[AnprError] = []
    publisher = KafkaPublisher(settings.kafka)

    def run() -> None:
        try:
            pump(outbox, publisher, clock, done)
        except AnprError as exc:
            failures.append(exc)
            stop.set()

    thread = threading.Thread(target=run, name="pump", daemon=True)
    thread.start()
    try:
        yield
        _drain(outbox, thread, clock)
    finally:
        done.set()
        thread.join()
        publisher.close()
    if failures:
        raise failures[0]


def _drain(outbox: Outbox, pump_thread: threading.Thread, clock: Clock) -> None:
    never = threading.Event()
    deadline = clock.monotonic() + _DRAIN_WITHIN_S
    while pump_thread.is_alive() and clock.monotonic() < deadline:
        if not any(waiting.records for waiting in outbox.counts().values()):
            return
        clock.wait(never, _DRAIN_LOOK_S)


def _tell(summary: ReaderSummary, seconds: float, as_json: bool) -> None:
    values = asdict(summary) | {"seconds": round(seconds, 1)}
    click.echo(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items()), err=True)
    if as_json:
        click.echo(json.dumps(values))
