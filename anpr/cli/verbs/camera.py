# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr camera`: list the cameras of the settings, and try one before it is used."""

import json
from functools import partial
from pathlib import Path

import click
from pydantic import ValidationError

from anpr.capture.diagnosis import explained
from anpr.capture.image_file import Image
from anpr.capture.probe import facts_of, probe
from anpr.capture.stream import source_of
from anpr.cli.common.cameras import find_camera, site_gates
from anpr.cli.common.probe_report import ProbeReport, probe_lines, probe_object
from anpr.cli.main import loaded_settings
from anpr.domain.errors import CameraError, InputError, SettingsError
from anpr.domain.gate import Camera
from anpr.domain.near_name import suggestion
from anpr.reader.camera.area import Area
from anpr.reader.jpeg import encode_jpeg
from anpr.reader.plates.plate_reader import build_plate_reader
from anpr.reader.probe.advice import advise
from anpr.reader.probe.examination import Examination
from anpr.runtime.clock import SystemClock
from anpr.settings import CameraSettings, ReaderSettings, Settings, missing_file
from anpr.settings.address import looks_like_an_address
from anpr.settings.complaints import explain, in_one_line

_TRIED = "probe"
"""Id of a camera that is in no settings."""
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(name="camera")
def command() -> None:
    """List the cameras of the settings, and try one before it is used."""


@command.command(name="list")
@click.pass_context
def list_command(ctx: click.Context) -> None:
    """List the cameras with their gates; addresses are not shown, as they may hold passwords."""
    for gate in site_gates(loaded_settings(ctx).settings):
        for camera in gate.cameras:
            click.echo("\t".join([camera.id, camera.kind, camera.lane or "", f"{gate.id} ({gate.name})"]))


@command.command(name="probe")
@click.argument("camera", metavar="ID|URL", required=False)
@click.option("--camera", "camera_id", metavar="ID", help="A camera of the settings, in place of the argument.")
@click.option("--for", "seconds", type=click.FloatRange(0.5, 60), default=5.0, show_default=True, help="Look so long.")
@click.option(
    "--picture", type=_FILE, help="Write the frame that shows plates best, with what was seen drawn, as JPEG."
)
@click.option("--save", type=_FILE, help="Write the last frame as it came to this JPEG.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_context
def probe_command(  # noqa: PLR0913  one an option
    ctx: click.Context,
    *,
    camera: str | None,
    camera_id: str | None,
    seconds: float,
    picture: Path | None,
    save: Path | None,
    as_json: bool,
) -> None:
    """Open a camera, read plates in what comes, and say in plain words what to change.

    ID is a camera of the settings, whose regions and masks count. An address typed here instead is seen by everybody
    who lists this machine's processes: with a password in it, put it into the settings first. Nothing is stored.

    Exit status: 0 when frames came, whatever is to be changed; 1 with one line on standard error when none came, or
    they ended early; 2 when the command is written wrong.
    """
    if (camera is None) == (camera_id is None):
        raise click.UsageError("name one camera: ID, URL, or --camera ID")
    settings = loaded_settings(ctx).settings
    chosen = _of_settings(settings, camera_id) if camera_id else _camera(settings, camera or "")
    report = _try(chosen.to_domain(), settings.reader, seconds)
    for line in [json.dumps(probe_object(report), ensure_ascii=False)] if as_json else probe_lines(report):
        click.echo(line)
    _write_image(save, report.probed.image, "last frame")
    _write_image(picture, report.seen.picture, "picture")


def _try(camera: Camera, settings: ReaderSettings, seconds: float) -> ProbeReport:
    clock = SystemClock()
    source, seen = (
        source_of(camera, settings, clock),
        Examination(partial(build_plate_reader, settings), Area.of(camera)),
    )
    try:
        probed = probe(source, camera.id, clock, seconds, seen.add)
    except CameraError as exc:
        raise explained(camera, exc) from exc
    facts = facts_of(source, camera)
    return ProbeReport(probed=probed, facts=facts, seen=seen, advice=advise(probed, facts, seen, settings))


def _of_settings(settings: Settings, camera_id: str) -> CameraSettings:
    return _with_its_files(find_camera(settings, camera_id, "--camera")[1])


def _camera(settings: Settings, text: str) -> CameraSettings:
    cameras = {camera.id: camera for gate in site_gates(settings) for camera in gate.cameras}
    if text in cameras:
        chosen = find_camera(settings, text, "camera")[1]
    elif "://" in text or "/" in text or looks_like_an_address(text) or Path(text).exists():
        chosen = _from_address(text)
    else:
        raise InputError(f"camera {text}: no such camera in the settings{suggestion(text, cameras)}")
    return _with_its_files(chosen)


def _with_its_files(camera: CameraSettings) -> CameraSettings:
    if fault := missing_file(camera):
        raise InputError(fault)
    return camera


def _from_address(text: str) -> CameraSettings:
    tree = {"id": _TRIED, "url": text}
    try:
        return CameraSettings.model_validate(tree)
    except ValidationError as exc:
        raise SettingsError(in_one_line(explain(exc, tree))) from exc


def _write_image(path: Path | None, image: Image | None, what: str) -> None:
    if path is None:
        return
    if image is None:
        raise InputError(f"{path}: no frame could be examined, so that there is no {what}")
    try:
        path.write_bytes(encode_jpeg(image))
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    click.echo(f"{what} in {path}", err=True)
