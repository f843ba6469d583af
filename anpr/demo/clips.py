# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cache of the demo's clips on disk: drawn once, kept, drawn again when the drawing changes."""

import csv
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from pathlib import Path

import av

from anpr.demo.film import FRAMES_PER_S, Film, Truth
from anpr.demo.traffic import GATES
from anpr.domain.errors import InputError

VERSION = "1"
"""Increase it with every change to what the clips show."""

Say = Callable[[str], None]
"""Receives one line of progress at a time; called from several threads, but never from two at once."""

STAMP = "version.txt"
TRUTH = "truth.csv"
_X264 = {"preset": "veryfast", "crf": "23", "bf": "0", "threads": "1"}
"""No B-frames, because the RTSP server sends packets in the order of the file; one thread gives the same bytes."""


def clip_paths(folder: Path) -> list[Path]:
    """Where the clips are, one per gate, in the order of `anpr.demo.traffic.GATES`."""
    return [folder / f"{scene.name}.mp4" for scene in GATES]


def ensure_clips(folder: Path, say: Say | None = None) -> list[Path]:
    """The clips in `folder`, drawn first when they are not there or an older version drew them.

    `truth.csv` beside them holds what should be read (columns: the fields of `anpr.demo.film.Truth`).
    Raises InputError when the folder cannot be written.
    """
    if not _are_current(folder):
        try:
            _draw_all(folder, say or (lambda _line: None))
        except OSError as exc:
            raise InputError(f"{folder}: the demo's clips cannot be written: {exc.strerror}") from exc
    return clip_paths(folder)


def _draw_all(folder: Path, say: Say) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STAMP).unlink(missing_ok=True)
    films = [Film(scene) for scene in GATES]
    _draw(films, folder, _Progress(sum(film.frames for film in films), say))
    _write_truth(folder / TRUTH, [entry for film in films for entry in film.truth()])
    (folder / STAMP).write_text(f"{VERSION}\n", encoding="utf-8")  # last: a run that was cut off starts again


def _are_current(folder: Path) -> bool:
    stamp = folder / STAMP
    needed = [*clip_paths(folder), folder / TRUTH, stamp]
    return all(path.is_file() for path in needed) and stamp.read_text(encoding="utf-8").strip() == VERSION


def _draw(films: list[Film], folder: Path, progress: "_Progress") -> None:
    # Threads are enough: OpenCV, NumPy and x264 let go of the interpreter while they work.
    with ThreadPoolExecutor(len(films)) as pool:
        done = [pool.submit(encode, film, folder / f"{film.scene.name}.mp4", progress.count) for film in films]
        try:
            for future in done:
                future.result()
        except BaseException:  # Ctrl-C too: the other film would be drawn to its end first
            progress.cancelled = True
            raise


def encode(film: Film, path: Path, count: Callable[[], None] = lambda: None) -> None:
    """Write the film as H.264 in MP4; `count` is called after each frame. The same film gives the same bytes."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S, options=_X264)
        stream.width, stream.height, stream.pix_fmt = film.scene.view.width, film.scene.view.height, "yuv420p"
        stream.gop_size = FRAMES_PER_S  # a reader that connects in between waits for a key frame
        for image in film.images():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
            count()
        container.mux(stream.encode())


class _CancelledError(Exception):
    """Another film failed, or the user asked to stop."""


class _Progress:
    """Reports the progress of the drawing, every tenth of it."""

    def __init__(self, total: int, say: Say) -> None:
        self._total = total
        self._say = say
        self._done = 0
        self._lock = threading.Lock()
        self.cancelled = False
        say("drawing the demo's streets, once ...")

    def count(self) -> None:
        """Count one more frame. Raises _CancelledError when no more are wanted."""
        if self.cancelled:
            raise _CancelledError
        with self._lock:
            tenth = self._done * 10 // self._total
            self._done += 1
            if self._done * 10 // self._total > tenth:
                self._say(f"drawing the demo's streets: {self._done * 100 // self._total} %")


def read_truth(path: Path) -> list[Truth]:
    """The entries of a truth.csv that `ensure_clips` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_truth(row) for row in csv.DictReader(file)]


def _truth(row: dict[str, str]) -> Truth:
    numbers = {field.name: int(row[field.name]) for field in fields(Truth) if field.type is int}
    return Truth(**(row | numbers))  # type: ignore[arg-type]


def _write_truth(path: Path, entries: list[Truth]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Truth)])
        writer.writeheader()
        writer.writerows(asdict(entry) for entry in entries)
