# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr read`: plates in pictures and videos, without any service."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from anpr.capture.frame import Frame
from anpr.capture.media import read_image
from anpr.capture.media_kind import holds_video
from anpr.cli.common.cameras import find_camera
from anpr.cli.common.inputs import media_files
from anpr.cli.common.read_report import (
    dropped_line,
    dropped_object,
    frame_lines,
    frame_object,
    image_lines,
    image_object,
    transit_line,
    transit_object,
)
from anpr.cli.common.reader_options import Engines, engine_options
from anpr.cli.main import loaded_settings
from anpr.domain.errors import AnprError, InputError
from anpr.domain.gate import Camera
from anpr.domain.reasons import Drop
from anpr.reader.annotate import annotate
from anpr.reader.assemble.vote import Verdict
from anpr.reader.camera.area import Area
from anpr.reader.jpeg import encode_jpeg
from anpr.reader.plates.plate_reader import PlateReader, ReadResult, build_plate_reader
from anpr.runtime.clock import Clock, SystemClock
from anpr.settings import ReaderSettings

_PROGRESS_EVERY = 50
"""Files between two lines of progress."""


@dataclass(frozen=True, kw_only=True)
class _Job:
    reader: PlateReader
    settings: ReaderSettings
    clock: Clock
    as_json: bool
    explain: bool
    pictures: Path | None
    camera: Camera | None
    """Whose regions and masks count."""

    @property
    def area(self) -> Area:
        return Area.of(self.camera) if self.camera else Area()


@click.command(name="read")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "output", type=click.Choice(["text", "jsonl"]), default="text", show_default=True)
@click.option(
    "--explain",
    is_flag=True,
    help="Also print each detection with its score, text and probabilities, or the gate that turned it down; of a "
    "video for every frame that was looked at, and the tracks that came to no transit.",
)
@click.option("--camera", "camera_id", help="Read as this camera of the settings does: in its regions, not its masks.")
@click.option(
    "--save-pictures",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write each picture, with what was read drawn into it, to this folder.",
)
@engine_options
@click.pass_context
def command(  # noqa: PLR0913  one an option
    ctx: click.Context,
    *,
    paths: tuple[Path, ...],
    output: str,
    explain: bool,
    camera_id: str | None,
    save_pictures: Path | None,
    engines: Engines,
) -> None:
    """Read the plates in pictures, in videos, and in folders of them.

    One line for each picture, and one for each transit of a video. `ms` is the time to find and read the plates, the
    decoding of the file left out. A file that cannot be read, or not all of it, is named on standard error, the rest
    is still read, and the exit status is 1. A file that is named is looked into whatever its suffix; of a folder the
    files with the suffix of a picture or video are read, and standard error says how many others there are.
    """
    site = loaded_settings(ctx).settings
    settings = engines.over(site.reader)
    job = _Job(
        reader=build_plate_reader(settings),
        settings=settings,
        clock=SystemClock(),
        as_json=output == "jsonl",
        explain=explain,
        pictures=_folder(save_pictures) if save_pictures else None,
        camera=find_camera(site, camera_id, "--camera")[1].to_domain() if camera_id else None,
    )
    if _read_all(job, list(media_files(paths, _notice))):
        ctx.exit(1)


def _notice(text: str) -> None:
    click.echo(f"note: {text}; name one to have it looked into", err=True)


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    return path


def _read_all(job: _Job, files: list[Path | InputError]) -> int:
    """How many of the files failed."""
    failed = 0
    for done, file in enumerate(files, start=1):
        try:
            if isinstance(file, InputError):
                raise file
            for line in _video(job, file) if holds_video(file) else _image(job, file):
                click.echo(line)
        except AnprError as exc:
            failed += 1
            click.echo(f"error: {exc}" if str(file) in str(exc) else f"error: {file}: {exc}", err=True)
        if done % _PROGRESS_EVERY == 0:
            click.echo(f"{done} of {len(files)} files", err=True)
    return failed


def _image(job: _Job, path: Path) -> Iterator[str]:
    image = read_image(path)
    began = job.clock.monotonic()
    view = job.area.crop(image)
    result = job.reader.read_found(image, job.area.keep(job.reader.find(view.image), view))
    ms = (job.clock.monotonic() - began) * 1000
    if job.pictures is not None:
        _save(job.pictures, path, encode_jpeg(annotate(image, result, job.area)))
    yield from _lines(job, path, result, ms)


def _lines(job: _Job, path: Path, result: ReadResult, ms: float) -> Iterator[str]:
    if job.as_json:
        yield json.dumps(image_object(path, result, ms, job.explain), ensure_ascii=False)
    else:
        yield from image_lines(path, result, ms, job.explain, job.reader.thresholds)


def _video(job: _Job, path: Path) -> Iterator[str]:
    from anpr.reader.video import VideoOptions, read_video  # noqa: PLC0415  only a video needs tracks and transits

    options = VideoOptions(camera=job.camera, listener=_TracePrinter(job, path) if job.explain else None)
    transits = 0
    for one in read_video(path, job.reader, job.settings, job.clock, job.reader.second, options):
        transits += 1
        if job.as_json:
            fields = transit_object(path, one)
            yield json.dumps(fields, ensure_ascii=False)
        else:
            yield transit_line(path, one)
        if job.pictures is not None:
            for role, data in one.images.items():
                _save(job.pictures, path.with_stem(f"{path.stem}_{transits}_{one.transit.plate}_{role}"), data)
    if not transits and not job.as_json:
        yield f"{path}: no transit"


class _TracePrinter:
    """Prints at once what was turned down: a long video has more of it than anybody should hold."""

    def __init__(self, job: _Job, path: Path) -> None:
        self._job = job
        self._path = path

    def frame_read(self, frame: Frame, result: ReadResult) -> None:
        if not self._job.as_json:
            for line in frame_lines(frame, result, self._job.reader.thresholds):
                click.echo(line)
        elif result.accepted or result.rejected:
            click.echo(json.dumps(frame_object(self._path, frame, result), ensure_ascii=False))

    def track_dropped(self, reason: Drop, verdict: Verdict | None) -> None:
        if self._job.as_json:
            click.echo(json.dumps(dropped_object(self._path, reason, verdict), ensure_ascii=False))
        else:
            click.echo(dropped_line(reason, verdict))


def _save(folder: Path, source: Path, data: bytes) -> None:
    target = folder / f"{source.stem}.jpg"
    number = 1
    while target.exists():
        number += 1
        target = folder / f"{source.stem}_{number}.jpg"
    try:
        target.write_bytes(data)
    except OSError as exc:
        raise InputError(f"{target}: {exc.strerror or exc}") from exc
