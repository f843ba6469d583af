# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr camera`: list the cameras of the settings, and try one before it is used."""

from pathlib import Path

import click
import cv2
from pydantic import ValidationError

from anpr.capture.probe import Probed, codec_of, probe
from anpr.capture.stream import source_of
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError, SettingsError
from anpr.domain.near_name import suggestion
from anpr.runtime.clock import SystemClock
from anpr.settings import CameraSettings, Settings, missing_file
from anpr.settings.address import looks_like_an_address
from anpr.settings.complaints import explain, in_one_line

_TRIED = "probe"
"""Id of a camera that is in no settings."""


@click.group(name="camera")
def command() -> None:
    """List the cameras of the settings, and try one before it is used."""


@command.command(name="list")
@click.pass_context
def list_command(ctx: click.Context) -> None:
    """List the cameras with their gates; addresses are not shown, as they may hold passwords."""
    for gate in loaded_settings(ctx).settings.gates:
        for camera in gate.cameras:
            click.echo("\t".join([camera.id, camera.kind, camera.lane or "", f"{gate.id} ({gate.name})"]))


@command.command(name="probe")
@click.argument("camera", metavar="ID|URL")
@click.option("--for", "seconds", type=click.FloatRange(0.5, 60), default=5.0, show_default=True, help="Look so long.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Write the last frame to this JPEG.")
@click.pass_context
def probe_command(ctx: click.Context, camera: str, seconds: float, save: Path | None) -> None:
    """Open a camera and say what comes: how it is coded, the size, how soon, how many frames a second.

    ID is a camera of the settings. An address typed here instead is seen by everybody who lists this machine's
    processes: with a password in it, put it into the settings first.
    """
    settings = loaded_settings(ctx).settings
    chosen, clock = _camera(settings, camera).to_domain(), SystemClock()
    source = source_of(chosen, settings.reader, clock)
    found = probe(source, chosen.id, clock, seconds)
    for line in _lines(found, codec_of(source, chosen)):
        click.echo(line)
    if save is not None:
        _write(save, found)
        click.echo(f"last frame in {save}")


def _camera(settings: Settings, text: str) -> CameraSettings:
    cameras = {camera.id: camera for gate in settings.gates for camera in gate.cameras}
    if text in cameras:
        chosen = cameras[text]
    elif "://" in text or "/" in text or looks_like_an_address(text) or Path(text).exists():
        chosen = _from_address(text)
    else:
        raise InputError(f"camera {text}: no such camera in the settings{suggestion(text, cameras)}")
    if fault := missing_file(chosen):
        raise InputError(fault)
    return chosen


def _from_address(text: str) -> CameraSettings:
    tree = {"id": _TRIED, "url": text}
    try:
        return CameraSettings.model_validate(tree)
    except ValidationError as exc:
        raise SettingsError(in_one_line(explain(exc, tree))) from exc


def _lines(found: Probed, codec: str | None) -> list[str]:
    width, height = found.size
    rate = f"{found.rate:.1f} frames a second" if found.rate is not None else "one frame"
    return [
        f"{codec or 'images'}, {width} × {height} px, {rate} ({found.frames} frames in {found.seconds:.1f} s)",
        f"first frame after {found.first_after_s:.1f} s",
    ]


def _write(path: Path, found: Probed) -> None:
    done, data = cv2.imencode(".jpg", found.image)
    try:
        if done:
            path.write_bytes(data.tobytes())
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
