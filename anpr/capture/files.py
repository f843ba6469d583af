# SPDX-License-Identifier: AGPL-3.0-or-later
"""File sources: every frame of a video file or a folder of images, read once, as fast as it is consumed."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

from anpr.capture.frame import Frame
from anpr.capture.image_file import Image
from anpr.capture.media import is_image, open_video, read_image
from anpr.capture.source import RawFrame
from anpr.domain.errors import CameraError, CameraFault, MediaError
from anpr.domain.gate import Camera
from anpr.domain.natural_order import natural_key
from anpr.domain.reasons import Drop
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import DROPS

log = logging.getLogger(__name__)

FOLDER_FRAMES_PER_S = 10.0
"""A folder of images counts as a video of one camera, in the order of the names' numbers, at this rate."""


class FileSource:
    """A video file. Its frames are captured at the time it was opened plus their time in the file."""

    is_live = False

    def __init__(self, camera: Camera, path: Path, clock: Clock) -> None:
        self._camera = camera
        self._path = path
        self._clock = clock

    def raw_frames(self) -> Iterator[RawFrame | None]:
        size: tuple[int, int] | None = None
        damaged = DROPS.labels(self._camera.id, Drop.FRAME_DAMAGED)
        try:
            for frame in open_video(self._path, self._clock, camera_id=self._camera.id, on_damaged=damaged.inc):
                if size is None:  # a file's size does not change, and asking each frame would make its pixels
                    height, width = frame.image.shape[:2]
                    size = (width, height)
                yield RawFrame(
                    size=size,
                    captured_at=frame.captured_at,
                    at_s=frame.at_s,
                    image=partial(_pixels, frame),
                    luma=frame.luma,
                )
        except MediaError as exc:
            fault = CameraFault.UNDECODABLE if self._path.is_file() else CameraFault.UNREACHABLE
            raise CameraError(fault, self._camera.id, str(exc)) from exc


class FolderSource:
    """A folder of images. Those that cannot be read are reported at the end, after all the others."""

    is_live = False

    def __init__(self, camera: Camera, path: Path, clock: Clock) -> None:
        self._camera = camera
        self._path = path
        self._clock = clock

    def raw_frames(self) -> Iterator[RawFrame | None]:
        names = self._images()
        start = self._clock.now()
        broken: list[str] = []
        for number, name in enumerate(names):
            try:
                image = read_image(name)
            except MediaError as exc:
                broken.append(str(exc))
                continue
            at_s = number / FOLDER_FRAMES_PER_S
            height, width = image.shape[:2]
            when = start + timedelta(seconds=at_s)
            yield RawFrame(size=(width, height), captured_at=when, at_s=at_s, image=partial(_same, image))
        if broken:
            raise self._error(CameraFault.UNDECODABLE, f"{len(broken)} of {len(names)} images: {broken[0]}")

    def _images(self) -> list[Path]:
        try:
            images = sorted(
                (path for path in self._path.iterdir() if is_image(path)), key=lambda path: natural_key(path.name)
            )
        except OSError as exc:
            raise self._error(CameraFault.UNREACHABLE, f"{self._path}: {exc.strerror}") from exc
        if others := sum(not path.name.startswith(".") for path in self._path.iterdir()) - len(images):
            log.warning("camera %s: %d files of its folder are no images and are passed over", self._camera.id, others)
        if not images:
            raise self._error(CameraFault.UNDECODABLE, f"{self._path}: no image in this folder")
        return images

    def _error(self, fault: CameraFault, detail: str) -> CameraError:
        return CameraError(fault, self._camera.id, detail)


def _pixels(frame: Frame) -> Image:
    return frame.image


def _same(image: Image) -> Image:
    return image
