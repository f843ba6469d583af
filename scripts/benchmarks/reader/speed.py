# SPDX-License-Identifier: AGPL-3.0-or-later
"""Speed of the reader on this machine: ms per stage, images per second, cameras per core, memory.

    make benchmark-speed ARGS="[--quick] [--images FOLDER] [--threads 1] [--engine onnxruntime]"
    python -m scripts.benchmarks.reader.speed …

Stages and whole looks are measured on the frames with a plate of a drawn film, or on the images of FOLDER (truth.csv,
labels.csv or manifest.csv), as wall-clock medians; decoding of files is left out. Cameras per core: the processor time
that a film of 1080p at 25 frames a second takes from the file to the passes, decoding and all, against its length; it
does not depend on what else the machine does. The last line of standard output is one JSON object.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import av
import click
import numpy as np

from anpr.capture.decode import Decoder, to_image, to_luma
from anpr.capture.image_file import Image, read_image
from anpr.capture.media import open_video
from anpr.domain.gate import Camera
from anpr.reader.assemble import Origin
from anpr.reader.camera.watch import Watch
from anpr.reader.detect.build import build_detector
from anpr.reader.detect.letterbox import letterbox
from anpr.reader.evaluate import load_images
from anpr.reader.network.model_card import load_card
from anpr.reader.plates.plate_reader import PlateReader, build_plate_reader
from anpr.runtime.clock import SystemClock
from anpr.settings import ReaderSettings
from scripts.benchmarks.machine import conditions
from scripts.benchmarks.reader.film import HEIGHT, RATE, WIDTH, write_film
from scripts.command import CannotRunError, Script, finish, log

CLOCK = SystemClock()
Figures = dict[str, Any]
FILMS = {"0 %": (0.0, False), "10 %": (0.1, False), "50 %": (0.5, False), "0 %, all moving": (0.0, True)}
"""Share of frames with a plate, and whether something else moves in every frame."""


@click.command(cls=Script, help=__doc__)
@click.option("--quick", is_flag=True, help="Short films, few pictures.")
@click.option("--pictures", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Whole looks on these.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--engine", type=click.Choice(["onnxruntime", "openvino"]), default="onnxruntime", show_default=True)
@click.option("--detector", default=ReaderSettings().detector.model, show_default=True, help="Card of the detector.")
def main(quick: bool, pictures: Path | None, threads: int, engine: str, detector: str) -> None:
    """Measure and print."""
    settings = ReaderSettings.model_validate({
        "threads": threads, "detector": {"engine": engine, "model": detector}, "recogniser": {"engine": engine},
    })  # fmt: skip
    finish(measure(settings, pictures, quick))


def measure(settings: ReaderSettings, folder: Path | None, quick: bool) -> Figures:
    """Every figure of one setting."""
    before = _resident_mb()
    reader = build_plate_reader(settings)
    # What a runtime allocates, it allocates at the first run.
    reader.read_all(np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    reader_mb = round(_resident_mb() - before)
    frames = 100 if quick else 500
    with tempfile.TemporaryDirectory(prefix="anpr-speed-") as name:
        log(f"drawing {len(FILMS)} films of {frames} frames")
        films = {
            what: write_film(Path(name) / f"{number}.mp4", share, frames, restless=restless)
            for number, (what, (share, restless)) in enumerate(FILMS.items())
        }
        log("measuring the stages")
        stages = measure_stages(settings, reader, films["50 %"], 20 if quick else 60)
        looks = [read_image(path) for path in _paths(folder, quick)]
        if looks:
            stages["look_ms"] = _median_ms([partial(reader.read_all, image) for image in looks])
        log("measuring cameras per core")
        cameras = {what: measure_cameras(settings, reader, film, frames) for what, film in films.items()}
    return {
        **conditions(settings.threads),
        "engine": settings.detector.engine,
        "detector": settings.detector.model,
        **stages,
        "pictures_per_s": round(1000 / stages["look_ms"], 1),
        "cameras_per_core_1080p25": cameras,
        "reader_mb": reader_mb,
    }


def measure_stages(settings: ReaderSettings, reader: PlateReader, film: Path, count: int) -> Figures:
    """Median ms of each stage on the film's first frames, those with a plate."""
    with av.open(str(film)) as container:
        began = time.process_time()
        pictures = [one.frame for one, _ in zip(Decoder(container), range(min(50, count)), strict=False)]
        decode_ms = (time.process_time() - began) * 1000 / len(pictures)
        images = [to_image(picture) for picture in pictures]
        pixels_ms = _median_ms([partial(to_image, picture) for picture in pictures])
        luma_ms = _median_ms([partial(to_luma, picture) for picture in pictures])
    wanted = load_card(settings.detector.model, "detect").input
    detector = build_detector(settings.detector, settings.threads)
    boxes = [(image, found) for image in images for found in reader.find(image).detections]
    if not boxes:
        raise CannotRunError("no plate was found in the drawn film: the detector does not work")
    letterbox_ms = _median_ms([partial(letterbox, image, wanted) for image in images])
    detect_ms = _median_ms([partial(detector.detect, image) for image in images])
    return {
        "decode_1080p_cpu_ms": round(decode_ms, 2),
        "to_pixels_ms": pixels_ms,
        "luma_ms": luma_ms,
        "letterbox_ms": letterbox_ms,
        "network_and_boxes_ms": round(detect_ms - letterbox_ms, 2),
        "read_a_plate_ms": _median_ms([partial(reader.read_box, image, box, 0) for image, box in boxes]),
        "look_ms": _median_ms([partial(_look, reader, image) for image in images]),
        "only_picture_ms": _median_ms([partial(reader.read_all, image) for image in images]),
    }


def _look(reader: PlateReader, image: Image) -> None:
    """As at a frame that others follow: nothing is read twice."""
    for detection in reader.find(image).detections:
        reader.read_box(image, detection, 0)


def measure_cameras(settings: ReaderSettings, reader: PlateReader, film: Path, frames: int) -> Figures:
    """Cameras that one core carries: the film's seconds over the processor seconds that it takes."""
    camera = Camera(id="bench", url=str(film))
    watch = Watch(Origin(camera=camera, gate_id="bench", reader_id="bench"), settings.assemble, reader, CLOCK)
    began = time.process_time()
    results = [watch.add(frame) for frame in open_video(film, CLOCK, camera_id="bench")]
    transits = [one for result in results for one in result.transits] + watch.end()
    seconds = time.process_time() - began
    return {
        "cameras": round(frames / RATE / seconds, 1),
        "cpu_ms_a_frame": round(seconds * 1000 / frames, 2),
        "looks": sum(result.examined for result in results),
        "frames": frames,
        "passes": len(transits),
    }


def _paths(folder: Path | None, quick: bool) -> list[Path]:
    if folder is None:
        return []
    paths = [picture.path for picture in load_images(folder)]
    return paths[:: max(1, len(paths) // (20 if quick else 100))]


def _median_ms(works: Sequence[Callable[[], object]]) -> float:
    """Median ms of one round, after a few that warm up."""
    for work in works[:3]:
        work()
    times = []
    for work in works:
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return round(median(times), 2)


def _resident_mb() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


if __name__ == "__main__":
    main()
