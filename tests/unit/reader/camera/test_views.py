# SPDX-License-Identifier: AGPL-3.0-or-later
"""Views of a camera: figures by themselves, an image on demand and never without a look for plates."""

from datetime import timedelta

import cv2
import numpy as np
import pytest

from anpr.capture.frame import Frame
from anpr.capture.image_file import Image
from anpr.domain.camera_view import CameraView
from anpr.domain.errors import ModelError, OutboxFullError
from anpr.domain.gate import Camera
from anpr.reader.assemble import Origin
from anpr.reader.camera.views import FIGURES_EVERY_S, CameraViews
from anpr.reader.plates.plate_reader import Found
from anpr.runtime.clock import ManualClock
from anpr.settings import ReaderSettings
from tests.support.traffic import ScriptedLooker

ORIGIN = Origin(camera=Camera(id="cam-1", url="rtsp://camera"), gate_id="gate-1", reader_id="reader-1")


class Sink:
    """Keeps what it is given; full while `is_full`."""

    def __init__(self) -> None:
        self.views: list[CameraView] = []
        self.is_full = False

    def put_view(self, view: CameraView) -> None:
        if self.is_full:
            raise OutboxFullError("full")
        self.views.append(view)


class Blind(ScriptedLooker):
    """A model that throws."""

    def find(self, image: Image) -> Found:  # noqa: ARG002  it does not come to look
        raise ModelError("weights")


class Film:
    """Frames of one camera, ten a second, each with the plate of the scripted looker."""

    def __init__(self, clock: ManualClock, looker: ScriptedLooker | None = None) -> None:
        self.clock, self.sink, self.index = clock, Sink(), 0
        self.views = CameraViews(ORIGIN, ReaderSettings(), looker or ScriptedLooker(), self.sink, clock)

    def frame(self, seconds: float = 0.1) -> Frame:
        self.clock.advance(seconds)
        self.index += round(seconds * 10)
        image = np.zeros((96, 160, 3), np.uint8)
        image[:, ::2] = 255
        image[0, 0] = (1, 2, 255)
        made: dict[str, object] = {"captured_at": self.clock.now(), "index": self.index, "at_s": self.index / 10}
        return Frame(camera_id="cam-1", image=image, **made)  # type: ignore[arg-type]


def test_an_image_comes_when_asked_for_once_with_the_plate_made_unreadable(clock: ManualClock) -> None:
    film = Film(clock)
    for _ in range(20):
        film.views.add(film.frame(), "up")
    assert film.sink.views == []
    film.views.ask()
    film.views.add(film.frame(), "up")
    film.views.add(film.frame(), "up")
    (view,) = film.sink.views
    image = cv2.imdecode(np.frombuffer(view.image, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    plate = image[42:50, 45:95]
    assert plate.std() < 25, "the stripes are gone where the plate is"
    assert image[80:, :].std() > 80, "and are there elsewhere"
    assert [(box.x, box.width_px, box.confidence) for box in view.boxes] == [(0.25, 60.0, 0.98)]
    assert view.figures is not None
    assert view.figures.rate == pytest.approx(10)
    assert (view.figures.widest_px, view.figures.near) == (60.0, 1)
    assert "AB" not in repr((view.boxes, view.figures))


def test_figures_come_by_themselves_without_an_image(clock: ManualClock) -> None:
    film = Film(clock)
    film.views.add(film.frame(31), "up")
    film.views.add(film.frame(1), "up")
    film.views.add(film.frame(FIGURES_EVERY_S), "dark")
    assert [(view.image, view.state) for view in film.sink.views] == [(b"", "up"), (b"", "dark")]


def test_where_plates_cannot_be_looked_for_no_image_is_sent(clock: ManualClock) -> None:
    film = Film(clock, Blind())
    film.views.ask()
    with pytest.raises(ModelError):
        film.views.add(film.frame(), "up")
    assert film.sink.views == []


def test_a_camera_without_frames_answers_with_its_state(clock: ManualClock) -> None:
    film = Film(clock)
    film.views.ask()
    film.views.idle("unreachable")
    clock.advance(6)
    film.views.idle("unreachable")
    film.views.idle("unreachable")
    (view,) = film.sink.views
    assert (view.state, view.figures, view.image) == ("unreachable", None, b"")


def test_a_full_outbox_drops_the_view_and_the_camera_goes_on(clock: ManualClock) -> None:
    film = Film(clock)
    film.sink.is_full = True
    film.views.ask()
    film.views.add(film.frame(), "up")
    film.sink.is_full = False
    clock.advance(timedelta(seconds=5).total_seconds())
    film.views.ask()
    film.views.add(film.frame(), "up")
    assert len(film.sink.views) == 1
