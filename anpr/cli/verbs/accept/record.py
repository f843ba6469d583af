# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr accept record`: a camera or its recordings into an acceptance folder."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from anpr.accept.count.contact import write_contact_page
from anpr.accept.count.sheet_rows import lay_out
from anpr.accept.folder.records import MotionEvent, RecordedTransit, Side, Site
from anpr.accept.folder.session import RecordedSession
from anpr.accept.folder.workspace import Workspace
from anpr.accept.record.live import LiveJob, MakeRecorder, record_live
from anpr.accept.record.recorder import SessionRecorder
from anpr.accept.record.recordings import Recording, record_files
from anpr.accept.record.start_time import start_time
from anpr.capture.media_kind import holds_video
from anpr.cli.common.cameras import find_camera
from anpr.cli.common.duration import DURATION
from anpr.cli.common.inputs import media_files
from anpr.cli.common.reader_options import Engines, engine_options
from anpr.cli.common.stopping import stop_on_signals
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError
from anpr.domain.gate import Camera
from anpr.reader.plates.plate_reader import build_plate_reader
from anpr.runtime.clock import SystemClock
from anpr.settings import ReaderSettings, Settings

_SIDES = {"front": Side.FRONT, "rear": Side.REAR}


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="CAMERA|FILES…")
@click.option("--for", "seconds", type=DURATION, default="1h", show_default=True, help="How long a camera is read.")
@click.option("--into", type=click.Path(path_type=Path), help="The folder of this test. [collaudo-CAMERA]")
@click.option(
    "--camera", "camera_id", help="The camera of the settings that recordings are from: its regions, its gate."
)
@click.option("--start", help="When the recording began, local time (2026-12-01 08:00:00), if its name does not say.")
@click.option("--side", type=click.Choice(list(_SIDES)), help="The side of vehicles that the camera sees, if only one.")
@engine_options
@click.pass_context
def record(  # noqa: PLR0913  one an option
    ctx: click.Context,
    *,
    sources: tuple[str, ...],
    seconds: float,
    into: Path | None,
    camera_id: str | None,
    start: str | None,
    side: str | None,
    engines: Engines,
) -> None:
    """Read a CAMERA of the settings for a time, or recordings (video files, and folders of them) to their end.

    Called again for the same folder it adds what is new: another hour, the night after the day, further recordings.
    Ctrl-C stops it; a recording that was cut short goes on where it was when the same command is given again.
    Plates are never printed: whoever counts must not know what was read.
    """
    site = loaded_settings(ctx).settings
    settings = engines.over(site.reader)
    paths = [Path(source) for source in sources]
    is_camera = len(paths) == 1 and not paths[0].exists()
    named_by = "no such file, and camera" if is_camera else "--camera"
    chosen = sources[0] if is_camera else camera_id
    recordings = [] if is_camera else _recordings(paths, start, site.zone)
    workspace = Workspace.create(
        into or Path(f"collaudo-{chosen or 'registrazioni'}"), _site(site, chosen, side, named_by)
    )
    if is_camera:
        complete = _record_camera(site, settings, workspace, sources[0], seconds)
    else:
        complete = _record_files(settings, workspace, _camera(site, camera_id), recordings)
    _lay_out(workspace)
    if not complete:
        ctx.exit(1)


def _site(site: Settings, camera_id: str | None, side: str | None, named_by: str) -> Site:
    known: dict[str, Any] = {"gate": "registrazioni", "camera": "registrazioni"}
    days = site.retention.longest_days
    if camera_id is not None:
        gate, camera = find_camera(site, camera_id, named_by)
        days = site.retention.days_of(gate.retention_purpose)
        known = {"gate": gate.name, "camera": camera.id, "latitude": gate.latitude, "longitude": gate.longitude}
    return Site(
        municipality=site.municipality,
        time_zone=site.time_zone,
        side=_SIDES[side] if side else None,
        retention_days=days,
        **known,
    )


def _camera(site: Settings, camera_id: str | None) -> Camera:
    if camera_id is None:
        return Camera(id="registrazioni", url="")
    return find_camera(site, camera_id, "--camera")[1].to_domain()


def _recorders(camera: Camera, settings: ReaderSettings, *, patient: bool) -> MakeRecorder:
    click.echo("loading the models ...", err=True)
    reader = build_plate_reader(settings)

    def make(session: RecordedSession) -> SessionRecorder:
        return SessionRecorder(session, camera, settings, reader, SystemClock(), second=reader.second, patient=patient)

    return make


def _record_camera(
    site: Settings, settings: ReaderSettings, workspace: Workspace, camera_id: str, seconds: float
) -> bool:
    """Whether all of the time was recorded."""
    camera = find_camera(site, camera_id, "camera")[1].to_domain()
    job = LiveJob(
        camera=camera, settings=settings, seconds=seconds, recorder=_recorders(camera, settings, patient=False)
    )
    clock, stop = SystemClock(), stop_on_signals()
    session = record_live(workspace, job, clock, stop, _say)
    if stop.is_set():
        lasted = (session.state.until - session.state.began).total_seconds()
        _say(f"stopped after {lasted / 60:.0f} min; what was recorded counts. Give the command again to add to it")
    return not stop.is_set()


def _record_files(
    settings: ReaderSettings, workspace: Workspace, camera: Camera, recordings: Sequence[Recording]
) -> bool:
    """Whether all of them were read to their end and undamaged."""
    stop = stop_on_signals()
    sessions = record_files(
        workspace, recordings, _recorders(camera, settings, patient=True), SystemClock(), stop, _say
    )
    if stop.is_set():
        _say("stopped; give the same command again to go on")
    return not stop.is_set() and not any(session.state.damage for session in sessions)


def _recordings(paths: Sequence[Path], start: str | None, zone: ZoneInfo) -> list[Recording]:
    files = []
    for path in media_files(paths, _say):
        if isinstance(path, InputError):
            raise path
        if holds_video(path):
            files.append(path)
    if not files:
        raise InputError(f"{paths[0]}: no video to read")
    names = [path.name for path in files]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InputError(f"{twice}: two recordings have this name")
    if start is None:
        return [Recording(path=path, began=start_time(path, zone)) for path in files]
    if len(files) > 1:
        raise InputError("--start goes with one file; several say in their names when they began")
    return [Recording(path=files[0], began=_start(start, zone))]


def _start(text: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise InputError(f"--start: {text!r} is not a time like 2026-12-01 08:00:00") from exc
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _lay_out(workspace: Workspace) -> None:
    added = lay_out(workspace)
    write_contact_page(workspace)
    sessions = workspace.sessions()
    transits, events = (sum(s.count(kind) for s in sessions) for kind in (RecordedTransit, MotionEvent))
    click.echo(f"{workspace.path}: {len(sessions)} recordings, {events} motion events, {transits} transits")
    click.echo(f"count in {workspace.count_path} ({added} new rows), with the images of {workspace.contact_path}")
    click.echo(f"then: anpr accept report {workspace.path}")
    click.echo(f"delete within {workspace.site.retention_days} days: anpr accept delete {workspace.path}")


def _say(line: str) -> None:
    click.echo(line, err=True)
