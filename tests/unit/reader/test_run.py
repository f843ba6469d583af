# SPDX-License-Identifier: AGPL-3.0-or-later
"""The reader over all its cameras: what one camera meets never reaches another."""

import logging
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import pytest

from anpr.capture.image_file import Image
from anpr.domain.errors import MessageError, ModelError, OutboxFullError, PoisonReason, SettingsError
from anpr.domain.health import HealthReport
from anpr.domain.read import PlateRead
from anpr.domain.transit import ImageRole, Transit
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_reader import Found
from anpr.reader.run import plate_cameras, run_reader
from anpr.runtime.clock import SystemClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import Settings
from scripts.lab.transits import plate_of
from tests.support.traffic import ScriptedLooker, draw_traffic
from tests.unit.reader.camera.view_scenes import blurred, dimmed, street

DEADLINE_S = 60.0


class QuickClock(SystemClock):
    """Waits are cut short: nothing here waits for something that time alone brings."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return super().wait(event, min(seconds, 0.02))


class Sink:
    """An outbox that is full for the first `full` calls, and says when it holds `wanted` transits."""

    def __init__(self, wanted: int = 1, full: int = 0) -> None:
        self.transits: list[Transit] = []
        self.images: list[Mapping[ImageRole, bytes]] = []
        self.health: dict[str, HealthReport] = {}
        self.reached = threading.Event()
        self._wanted, self._full = wanted, full
        self._lock = threading.Lock()

    def put_transit(self, transit: Transit, images: Mapping[ImageRole, bytes]) -> None:
        with self._lock:
            if self._full:
                self._full -= 1
                raise OutboxFullError("outbox: the quota is used up")
            self.transits.append(transit)
            self.images.append(images)
            if len(self.transits) >= self._wanted:
                self.reached.set()

    is_full = False

    def put_health(self, report: HealthReport) -> None:
        self.health[report.id] = report

    def plates(self, gate_id: str) -> list[str]:
        return sorted(transit.plate for transit in self.transits if transit.gate_id == gate_id)


def settings_for(urls: Mapping[str, str], **reader: Any) -> Settings:
    """A gate with one camera for each URL."""
    gates = [
        {"id": f"gate-{name}", "name": name, "purpose": "test", "legal_basis": "none", "cameras": [_camera(name, url)]}
        for name, url in urls.items()
    ]
    return Settings.model_validate({"gates": gates, "reader": {"assemble": {"reentry_s": 0}, **reader}})


def _camera(name: str, url: str) -> dict[str, str]:
    return {"id": f"cam-{name}", "url": url, "lane": name}


def run(settings: Settings, sink: Sink, plate_finder: Any, stop: threading.Event | None = None) -> Any:
    return run_reader(settings, sink, QuickClock(), stop or threading.Event(), plate_finder)


@pytest.fixture
def films(tmp_path: Path) -> dict[str, str]:
    """Two cameras: three vehicles pass a, two pass b."""
    draw_traffic(tmp_path / "a", 3)
    draw_traffic(tmp_path / "b", 2, first=100)
    return {"a": str(tmp_path / "a"), "b": str(tmp_path / "b")}


def test_every_camera_is_read_to_its_end(films: dict[str, str]) -> None:
    sink = Sink()
    summary = run(settings_for(films), sink, ScriptedLooker())
    assert sink.plates("gate-a") == [plate_of(n) for n in (0, 1, 2)]
    assert sink.plates("gate-b") == [plate_of(n) for n in (100, 101)]
    assert (summary.cameras, summary.transits, summary.frames) == (2, 5, 5 * 17)
    assert summary.plates == 5 * 5
    assert (summary.model_errors, summary.restarts) == (0, 0)
    assert all(set(images) == {ImageRole.PLATE, ImageRole.CONTEXT} for images in sink.images)
    assert {transit.lane for transit in sink.transits} == {"a", "b"}


def test_only_plate_cameras_of_the_readers_own_gates() -> None:
    settings = settings_for({"a": "a.mp4", "b": "b.mp4"}, gates=["gate-b"])
    assert [origin.camera.id for origin in plate_cameras(settings)] == ["cam-b"]
    assert plate_cameras(settings)[0].gate_id == "gate-b"


def test_it_says_how_it_and_its_cameras_are_and_that_it_stops(films: dict[str, str]) -> None:
    sink = Sink()
    run(settings_for(films, id="reader-7"), sink, ScriptedLooker())
    assert sink.health.keys() == {"reader-7", "cam-a", "cam-b"}
    assert [change.state for change in sink.health["cam-a"].changes] == ["connecting", "up", "finished"]
    assert sink.health["cam-a"].gate_ids == ("gate-a",)
    assert [change.state for change in sink.health["reader-7"].changes] == ["up", "stopped"]
    assert sink.health["reader-7"].gate_ids == ("gate-a", "gate-b")


def test_a_camera_that_sees_little_for_a_while_says_from_when_to_when(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    clear = street(1, 320, 180)
    pictures = [clear] * 20 + [dimmed(clear, 0.05)] * 50 + [clear] * 40 + [blurred(clear, 6)] * 30
    for number, picture in enumerate(pictures):
        empty = picture.copy()
        empty[0, 0] = 0  # no plate in it
        cv2.imwrite(str(folder / f"frame-{number}.png"), empty)
    sink = Sink()
    settings = settings_for({"a": str(folder)}, sight={"every_s": 0.2, "after_s": 2})
    run(settings.model_copy(update={"data_dir": tmp_path}), sink, ScriptedLooker())
    changes = sink.health["cam-a"].changes
    assert [change.state for change in changes] == ["connecting", "up", "dark", "up", "blurred", "finished"]
    up, dark, again, soft = [change.since for change in changes[1:5]]
    lasted = [(moment - dark).total_seconds() for moment in (again, soft)]
    assert lasted == pytest.approx([5, 9], abs=0.35), "from look to look"
    assert up < dark


def test_no_camera_to_read_is_an_error() -> None:
    with pytest.raises(SettingsError, match="no camera of kind 'plate'"):
        run(Settings(), Sink(), ScriptedLooker())


def test_a_vehicle_in_view_at_the_end_is_not_lost(tmp_path: Path) -> None:
    draw_traffic(tmp_path / "a", 1)
    for step in range(5, 17):
        (tmp_path / "a" / f"frame-{step}.png").unlink()
    sink = Sink()
    run(settings_for({"a": str(tmp_path / "a")}), sink, ScriptedLooker())
    assert sink.plates("gate-a") == [plate_of(0)]


class Throwing(ScriptedLooker):
    """Throws at the images of vehicle 100, a number of times."""

    def __init__(self, error: Exception, times: int) -> None:
        self._error = error
        self._left = times

    def read_box(self, image: Image, detection: Detection, _: int) -> PlateRead:
        if int(image[0, 0, 0]) == 100 and self._left:
            self._left -= 1
            raise self._error
        return super().read_box(image, detection, _)


def test_a_model_that_throws_is_counted_and_told(films: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    before = value("anpr_model_errors_total", camera="cam-b")
    sink = Sink()
    with caplog.at_level(logging.ERROR):
        summary = run(settings_for(films), sink, Throwing(ModelError("plate_recogniser: out of memory"), 99))
    assert sink.plates("gate-a") == [plate_of(n) for n in (0, 1, 2)]
    assert sink.plates("gate-b") == [plate_of(101)]
    assert summary.model_errors == 5
    assert value("anpr_model_errors_total", camera="cam-b") == before + 5
    told = [record for record in caplog.records if "out of memory" in record.message]
    assert len(told) == 1, "not once per frame"
    assert "cam-b" in told[0].message
    told_to_centre = [change.state for change in sink.health["cam-b"].changes]
    assert told_to_centre == ["connecting", "up", "model-error", "up", "finished"]
    assert "model-error" not in [change.state for change in sink.health["cam-a"].changes]


def test_a_bug_met_by_one_camera_does_not_end_its_watch(
    films: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    sink = Sink()
    with caplog.at_level(logging.ERROR):
        summary = run(settings_for(films), sink, Throwing(ZeroDivisionError("a bug"), 1))
    assert summary.restarts == 1
    assert sink.plates("gate-a") == [plate_of(n) for n in (0, 1, 2)]
    assert sink.plates("gate-b") == [plate_of(n) for n in (100, 101)]
    assert any("cam-b" in record.message and record.exc_info for record in caplog.records)


def test_an_unreachable_camera_does_not_hold_up_another(films: dict[str, str]) -> None:
    urls = {"a": films["a"], "c": "rtsp://127.0.0.1:1/none"}
    sink, stop = Sink(wanted=3), threading.Event()

    def stop_when_reached() -> None:
        sink.reached.wait(DEADLINE_S)
        stop.set()

    threading.Thread(target=stop_when_reached).start()
    summary = run(settings_for(urls), sink, ScriptedLooker(), stop)
    assert sink.plates("gate-a") == [plate_of(n) for n in (0, 1, 2)]
    assert summary.transits == 3


class TestFullOutbox:
    def test_transits_wait_and_go_in_when_there_is_room(self, films: dict[str, str]) -> None:
        sink = Sink(full=1)
        summary = run(settings_for({"a": films["a"]}), sink, ScriptedLooker())
        assert sink.plates("gate-a") == [plate_of(n) for n in (0, 1, 2)]
        assert summary.transits == 3
        assert value("anpr_transits_held", camera="cam-a") == 0

    def test_what_never_fits_is_counted_and_told(self, films: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
        before = value("anpr_drops_total", camera="cam-a", reason="outbox-full")
        with caplog.at_level(logging.ERROR):
            summary = run(settings_for({"a": films["a"]}), Sink(full=10_000), ScriptedLooker())
        assert summary.transits == 0
        assert value("anpr_drops_total", camera="cam-a", reason="outbox-full") == before + 3
        assert any("lost" in record.message for record in caplog.records)
        assert not any(plate_of(n) in record.message for n in range(3) for record in caplog.records)

    def test_a_transit_the_outbox_refuses_does_not_block_the_next(self, films: dict[str, str]) -> None:
        class Refusing(Sink):
            def put_transit(self, transit: Transit, images: Mapping[ImageRole, bytes]) -> None:
                if transit.plate == plate_of(1):
                    raise MessageError(PoisonReason.TOO_LARGE, "a picture of 5 MB")
                super().put_transit(transit, images)

        before = value("anpr_drops_total", camera="cam-a", reason="outbox-refused")
        sink = Refusing()
        run(settings_for({"a": films["a"]}), sink, ScriptedLooker())
        assert sink.plates("gate-a") == [plate_of(n) for n in (0, 2)]
        assert value("anpr_drops_total", camera="cam-a", reason="outbox-refused") == before + 1


def test_the_models_of_the_settings_are_loaded(films: dict[str, str]) -> None:
    settings = settings_for({"a": films["a"]}, detector={"model": "no_such_model"})
    with pytest.raises(ModelError, match="no_such_model"):
        run_reader(settings, Sink(), QuickClock(), threading.Event())


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_frames_are_found_by_lent_readers(films: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """With more cameras than cores there are as many plate readers as cores, each with one camera at a time."""
    built: list[ScriptedLooker] = []

    class Busy(ScriptedLooker):
        def __init__(self) -> None:
            self._lock = threading.Lock()
            built.append(self)

        def find(self, image: Image) -> Found:
            assert self._lock.acquire(blocking=False), "lent to two cameras at once"
            try:
                return super().find(image)
            finally:
                self._lock.release()

    monkeypatch.setattr("anpr.reader.run.build_plate_reader", lambda _: Busy())
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0})
    sink = Sink()
    summary = run_reader(settings_for(films), sink, QuickClock(), threading.Event())
    assert summary.transits == 5
    assert summary.restarts == 0
    assert len(built) == 1


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.name.startswith("reader-")]
    assert left == []
