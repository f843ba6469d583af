# SPDX-License-Identifier: AGPL-3.0-or-later
"""One vehicle past one camera makes one transit, whatever the frame rate, the reads and the traffic."""

import random
from datetime import timedelta

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.contract.parsing import sha256_of
from anpr.domain.gate import Direction
from anpr.domain.reasons import Cause, Drop
from anpr.domain.transit import ImageRole
from anpr.reader.assemble.assembler import MOST_TRACKS
from anpr.runtime.metrics import REGISTRY
from anpr.settings import AssembleSettings
from tests.support.budget import examples
from tests.unit.reader.assemble.scenes import (
    START,
    Scene,
    Vehicle,
    assembler,
    box_at,
    frame,
    passes_in,
    plates_of,
    read,
)


def drops(reason: Drop) -> float:
    return REGISTRY.get_sample_value("anpr_drops_total", {"camera": "cam-1", "reason": reason}) or 0.0


@pytest.mark.parametrize("fps", [2, 4, 8, 12.5, 25, 60])
def test_one_pass_is_one_transit_at_any_frame_rate(fps: float) -> None:
    made = passes_in(Scene(vehicles=(Vehicle(plate="AB123CD"),), fps=fps))
    assert plates_of(made) == ["AB123CD"]
    transit = made[0].transit
    assert transit.direction is Direction.APPROACHING
    assert (transit.gate_id, transit.camera_id, transit.reader_id, transit.lane) == ("gate-1", "cam-1", "reader-1", "2")
    assert transit.first_seen <= transit.captured_at <= transit.last_seen
    assert transit.confidence >= 0.9


def test_a_receding_vehicle() -> None:
    vehicle = Vehicle(plate="AB123CD", begin=(600, 650, 150), end=(400, 200, 50))
    (made,) = passes_in(Scene(vehicles=(vehicle,)))
    assert made.transit.direction is Direction.RECEDING


@pytest.mark.parametrize("gap_s", [0.3, 0.9])
def test_an_occlusion_does_not_make_two(gap_s: float) -> None:
    vehicle = Vehicle(plate="AB123CD", hidden=((0.8, 0.8 + gap_s),))
    assert plates_of(passes_in(Scene(vehicles=(vehicle,)))) == ["AB123CD"]


def test_a_long_occlusion_is_joined_by_the_reentry_window() -> None:
    before = drops(Drop.TRACK_SEEN_BEFORE)
    vehicle = Vehicle(plate="AB123CD", leaves_s=12, hidden=((2, 6),))
    assert plates_of(passes_in(Scene(vehicles=(vehicle,), lasts_s=14))) == ["AB123CD"]
    assert drops(Drop.TRACK_SEEN_BEFORE) == before + 1


def test_two_vehicles_bumper_to_bumper_on_one_lane() -> None:
    first = Vehicle(plate="AB123CD", leaves_s=2)
    second = Vehicle(plate="EF456GH", enters_s=0.8, leaves_s=2.8)
    assert plates_of(passes_in(Scene(vehicles=(first, second)))) == ["AB123CD", "EF456GH"]


@pytest.mark.parametrize("fps", [4, 10, 25])
def test_two_vehicles_side_by_side_whose_ways_cross(fps: float) -> None:
    one = Vehicle(plate="AB123CD", begin=(300, 200, 80), end=(700, 600, 120))
    other = Vehicle(plate="EF456GH", begin=(700, 205, 80), end=(300, 605, 120))
    assert plates_of(passes_in(Scene(vehicles=(one, other), fps=fps))) == ["AB123CD", "EF456GH"]


@pytest.mark.parametrize("fps", [2, 25])
def test_the_next_vehicle_at_the_same_place_is_another_one(fps: float) -> None:
    stands = {"begin": (600.0, 500.0, 120.0), "end": (600.0, 502.0, 120.0)}
    first = Vehicle(plate="AB123CD", leaves_s=4, **stands)  # type: ignore[arg-type]
    second = Vehicle(plate="EF456GH", enters_s=4.5, leaves_s=8, **stands)  # type: ignore[arg-type]
    assert plates_of(passes_in(Scene(vehicles=(first, second), fps=fps, lasts_s=11))) == ["AB123CD", "EF456GH"]


def test_two_plates_of_a_fleet_one_character_apart() -> None:
    one = Vehicle(plate="AB123CD", begin=(300, 200, 80), end=(300, 600, 120), confidence=0.97)
    other = Vehicle(plate="AB124CD", begin=(800, 200, 80), end=(800, 600, 120), enters_s=0.5, confidence=0.97)
    assert plates_of(passes_in(Scene(vehicles=(one, other)))) == ["AB123CD", "AB124CD"]


class TestParked:
    parked = Vehicle(plate="AB123CD", begin=(600.0, 500.0, 120.0), end=(600.0, 500.0, 120.0), leaves_s=300.0)

    def test_a_parked_vehicle_makes_one_transit_and_soon(self) -> None:
        one = assembler()
        made = []
        for shown, reads in Scene(vehicles=(self.parked,), fps=5, lasts_s=300, jitter_px=1.5).frames():
            made += [(shown.at_s, done) for done in one.add(shown, reads)]
        made += [(999.0, done) for done in one.flush()]
        assert [done.transit.plate for _, done in made] == ["AB123CD"]
        assert made[0][0] <= 3.0

    def test_a_doubtful_parked_vehicle_is_judged_after_five_seconds(self) -> None:
        one = assembler()
        made = []
        for index in range(200):
            shown = frame(index / 10, index)
            doubtful = read("AB123CD", box_at(600, 500), 0.5, ["AB128CD"])
            made += [(shown.at_s, done) for done in one.add(shown, [doubtful])]
        assert len(made) == 1
        assert 4.5 <= made[0][0] <= 6.0

    def test_seen_only_now_and_then_it_is_still_one(self) -> None:
        one = assembler()
        made = []
        for index in range(60):  # every 20 s for 20 minutes, lost in between
            for burst in range(3):
                at_s = index * 20 + burst * 0.2
                made += one.add(frame(at_s, index * 3 + burst), [read("AB123CD", box_at(600, 500), 0.95)])
            made += one.expire(START + timedelta(seconds=index * 20 + 10))
        assert plates_of([*made, *one.flush()]) == ["AB123CD"]

    def test_reading_it_costs_one_read_a_second(self) -> None:
        one = assembler()
        box, asked = box_at(600, 500), 0
        for index in range(2500):
            shown = frame(index / 25, index)
            if one.wants_read(box, shown.captured_at):
                asked += 1
                one.add(shown, [read("AB123CD", box)])
            else:
                one.add(shown, [], [box])
        assert asked <= 100 + 10


class TestReentry:
    @pytest.mark.parametrize(("pause_s", "expected"), [(20, 1), (70, 2)])
    def test_the_same_plate_again(self, pause_s: float, expected: int) -> None:
        first = Vehicle(plate="AB123CD", leaves_s=2)
        again = Vehicle(plate="AB123CD", enters_s=2 + pause_s, leaves_s=4 + pause_s)
        scene = Scene(vehicles=(first, again), fps=10, lasts_s=8 + pause_s)
        assert plates_of(passes_in(scene)) == ["AB123CD"] * expected

    def test_a_look_alike_of_it_is_the_same(self) -> None:
        first = Vehicle(plate="AB123CD", leaves_s=2)
        again = Vehicle(plate="A8123CO", enters_s=12, leaves_s=14)
        assert plates_of(passes_in(Scene(vehicles=(first, again), fps=10, lasts_s=16))) == ["AB123CD"]

    def test_without_a_window_each_pass_counts(self) -> None:
        first = Vehicle(plate="AB123CD", leaves_s=2)
        again = Vehicle(plate="AB123CD", enters_s=12, leaves_s=14)
        scene = Scene(vehicles=(first, again), fps=10, lasts_s=16)
        assert len(passes_in(scene, AssembleSettings(reentry_s=0))) == 2


class TestNonsense:
    def test_burnt_in_text_that_never_moves(self) -> None:
        before = drops(Drop.TRACK_NOT_A_PLATE)
        one = assembler()
        made = []
        for index in range(250):
            made += one.add(frame(index / 25, index), [read("14B02819TX9", box_at(1100, 20, 180))])
        assert made + one.flush() == []
        assert drops(Drop.TRACK_NOT_A_PLATE) == before + 1

    def test_lettering_without_a_digit_on_a_moving_van(self) -> None:
        before = drops(Drop.TRACK_NOT_A_PLATE)
        assert passes_in(Scene(vehicles=(Vehicle(plate="TRASLOCHI"),))) == []
        assert drops(Drop.TRACK_NOT_A_PLATE) == before + 1

    def test_a_foreign_format_that_moves_is_kept(self) -> None:
        assert plates_of(passes_in(Scene(vehicles=(Vehicle(plate="QQ1Q1Q1Q"),)))) == ["QQ1Q1Q1Q"]

    @pytest.mark.parametrize(
        ("vehicle", "reason"),
        [
            (Vehicle(plate="AB123CD", leaves_s=0.03), Drop.TRACK_TOO_FEW_READS),
            (Vehicle(plate="AB123CD", end=(600, 650, 38), begin=(400, 200, 30)), Drop.PLATE_TOO_SMALL),
            (Vehicle(plate="AB123CD", confidence=0.2), Drop.TRACK_LOW_CONFIDENCE),
        ],
    )
    def test_each_reason_is_counted(self, vehicle: Vehicle, reason: Drop) -> None:
        before = drops(reason)
        assert passes_in(Scene(vehicles=(vehicle,), fps=25)) == []
        assert drops(reason) == before + 1

    def test_a_part_of_a_plate_beside_the_plate_is_not_a_second_vehicle(self) -> None:
        one = assembler()
        made = []
        for index in range(50):
            whole = box_at(600, 200 + 6 * index, 120)
            part = box_at(900, 200 + 6 * index, 60)
            made += one.add(frame(index / 25, index), [read("AB123CD", whole, 0.95), read("B123C", part, 0.6)])
        assert plates_of(made + one.flush()) == ["AB123CD"]


class TestWhenItIsMade:
    def test_a_settled_vote_does_not_wait_for_the_vehicle_to_be_gone(self) -> None:
        vehicle = Vehicle(plate="AB123CD", leaves_s=8, confidence=0.95)
        one = assembler()
        first = next(
            shown.at_s for shown, reads in Scene(vehicles=(vehicle,), lasts_s=10).frames() if one.add(shown, reads)
        )
        assert first <= 2.5

    @pytest.mark.parametrize("fps", [5.0, 9.0, 15.0, 25.0])
    def test_a_receding_vehicle_is_made_while_it_is_in_view(self, fps: float) -> None:
        vehicle = Vehicle(plate="AB123CD", begin=(600, 600, 150), end=(400, 300, 70), confidence=0.99)
        one = assembler()
        frames = Scene(vehicles=(vehicle,), fps=fps, lasts_s=4).frames()
        made = [(shown.at_s, done) for shown, reads in frames for done in one.add(shown, reads)]
        ((at_s, done),) = made
        assert at_s <= 0.65
        assert done.transit.direction is Direction.RECEDING
        assert done.decision is not None
        assert done.decision.cause is Cause.SETTLED
        assert done.decision.at == START + timedelta(seconds=at_s)

    def test_two_reads_are_enough_where_the_plate_then_is_gone(self) -> None:
        vehicle = Vehicle(plate="AB123CD", begin=(600, 200, 80), end=(600, 600, 160), leaves_s=0.25, confidence=0.99)
        one = assembler()
        frames = Scene(vehicles=(vehicle,), fps=8, lasts_s=4).frames()
        made = [(shown.at_s, done) for shown, reads in frames for done in one.add(shown, reads)]
        assert [(at_s <= 0.5, done.transit.reads) for at_s, done in made] == [(True, 2)]

    def test_a_transit_does_not_hurry_before_its_direction_shows(self) -> None:
        vehicle = Vehicle(plate="AB123CD", begin=(600, 500, 110), leaves_s=0.25, confidence=0.99)
        one = assembler()
        frames = Scene(vehicles=(vehicle,), fps=8, lasts_s=4).frames()
        (at_s,) = (shown.at_s for shown, reads in frames for _ in one.add(shown, reads))
        assert 0.5 < at_s <= 1.0

    def test_two_reads_are_not_where_one_says_otherwise(self) -> None:
        one = assembler()
        texts = ["AB123CD", "AB123CO", "AB123CD"]
        made = []
        for index in range(12):
            reads = [read(texts[index], box_at(600, 300 + 30 * index), 0.99)] if index < 3 else []
            made += one.add(frame(index / 10, index), reads)
        assert made == []
        assert plates_of(one.flush()) == ["AB123CD"]

    def test_a_pass_is_over_when_the_plate_was_lost(self) -> None:
        vehicle = Vehicle(plate="AB123CD", leaves_s=0.2, confidence=0.99)
        one = assembler()
        times = [shown.at_s for shown, reads in Scene(vehicles=(vehicle,), lasts_s=4).frames() if one.add(shown, reads)]
        assert len(times) == 1
        assert times[0] <= 1.3

    def test_it_ends_while_no_frame_comes(self) -> None:
        one = assembler()
        for index in range(3):
            assert one.add(frame(index / 25, index), [read("AB123CD", box_at(600, 300 + 9 * index))]) == []
        assert one.expire(START + timedelta(seconds=0.5)) == []
        assert plates_of(one.expire(START + timedelta(seconds=3))) == ["AB123CD"]
        assert one.flush() == []

    def test_a_clock_that_is_set_back_neither_loses_nor_doubles(self) -> None:
        one = assembler()
        made = []
        for index in range(25):
            made += one.add(frame(100 + index / 25, index), [read("AB123CD", box_at(600, 300 + 9 * index))])
        for index in range(25, 50):
            made += one.add(frame(index / 25, index), [read("AB123CD", box_at(600, 300 + 9 * index))])
        assert plates_of(made + one.flush()) == ["AB123CD"]


class TestPictures:
    def test_they_show_the_frame_that_was_read_best(self) -> None:
        one = assembler()
        made = []
        for index in range(20):
            image = np.full((720, 1280, 3), 10 * index, np.uint8)
            confidence = 0.99 if index == 2 else 0.8
            box = box_at(600, 300 + 5 * index, 100)
            made += one.add(frame(index / 25, index, image), [read("AB123CD", box, confidence)])
        (done,) = made + one.flush()
        assert done.transit.captured_at == START + timedelta(seconds=2 / 25)
        for role, data in done.images.items():
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            assert picture is not None
            assert abs(float(np.asarray(picture).mean()) - 20) < 2, role
        assert {ref.role: ref.sha256 for ref in done.transit.images} == {
            role: sha256_of(data) for role, data in done.images.items()
        }
        assert set(done.images) == {ImageRole.PLATE, ImageRole.CONTEXT}

    def test_a_sure_misread_does_not_become_the_picture(self) -> None:
        one = assembler()
        made = []
        for index in range(20):
            text, confidence = ("AB123CO", 0.95) if index == 7 else ("AB123CE", 0.9)
            made += one.add(frame(index / 25, index), [read(text, box_at(600, 300 + 5 * index), confidence)])
        (done,) = made + one.flush()
        assert done.transit.raw == done.transit.plate == "AB123CE"


def test_tracks_are_bounded() -> None:
    one = assembler()
    for index in range(6):
        boxes = [box_at(60 + 130 * (k % 9), 40 + 60 * (k // 9) + index, 100) for k in range(60)]
        one.add(frame(index / 25, index), [read(f"AA{k:03d}AA", box) for k, box in enumerate(boxes)])
        assert 0 < one.tracks <= MOST_TRACKS


@settings(max_examples=examples(50))
@given(
    seed=st.integers(0, 2**32),
    fps=st.sampled_from([3.0, 6.0, 12.5, 25.0]),
    missed=st.floats(0, 0.35),
    misread=st.floats(0, 0.3),
    jitter=st.floats(0, 3),
    shake=st.floats(0, 25),
    count=st.integers(1, 4),
)
def test_traffic(seed: int, fps: float, missed: float, misread: float, jitter: float, shake: float, count: int) -> None:
    """Any traffic of clearly different plates, badly detected and badly read: each vehicle once, none invented."""
    chance = random.Random(seed)
    vehicles = tuple(
        Vehicle(
            plate=plate,
            begin=(chance.uniform(200, 1000), 150.0, 60.0),
            end=(chance.uniform(200, 1000), 680.0, 160.0),
            enters_s=lane * chance.uniform(0.7, 3.0),
            leaves_s=lane * 3.0 + chance.uniform(3.2, 6.0),
            confidence=0.92,
        )
        for lane, plate in enumerate(["AB123CD", "EF456GH", "LM789NP", "RS012TV"][:count])
    )
    scene = Scene(
        vehicles=vehicles,
        fps=fps,
        lasts_s=17,
        missed=missed,
        misread=misread,
        jitter_px=jitter,
        shake_px=shake,
        seed=seed,
    )
    assert plates_of(passes_in(scene)) == sorted(vehicle.plate for vehicle in vehicles)


class TestSwapped:
    """Another vehicle takes the place of the one before so fast that its plate seems to be read differently."""

    @staticmethod
    def made(second: list[tuple[str, float]]) -> list[str]:
        one = assembler()
        made = []
        shown = [("AB123CD", 0.95)] * 10 + second
        for index, (text, confidence) in enumerate(shown):
            made += one.add(frame(index / 12.5, index), [read(text, box_at(600, 400, 120), confidence)])
        return plates_of(made + one.flush())

    def test_two_unsure_reads_that_agree_are_another_vehicle(self) -> None:
        assert self.made([("EF456GH", 0.5), ("EF456GH", 0.55), *[("EF456GH", 0.75)] * 8]) == ["AB123CD", "EF456GH"]

    def test_also_while_the_first_has_not_settled(self) -> None:
        one = assembler()
        made = []
        for index, text in enumerate(["AB123CD"] * 3 + ["EF456GH"] * 6):
            made += one.add(frame(index / 12.5, index), [read(text, box_at(600, 400, 120), 0.72)])
        assert plates_of(made + one.flush()) == ["AB123CD", "EF456GH"]

    def test_one_read_of_something_else_is_an_error(self) -> None:
        assert self.made([("XW9", 0.5), *[("AB123CD", 0.95)] * 8]) == ["AB123CD"]

    def test_errors_that_do_not_agree_are_no_vehicle(self) -> None:
        assert self.made([("XW9", 0.5), ("77TT4", 0.5), ("QQ00Q", 0.5), *[("AB123CD", 0.95)] * 8]) == ["AB123CD"]


def test_under_a_shaking_camera_a_settled_plate_is_read_five_times_a_second_at_most() -> None:
    one, chance, asked = assembler(), random.Random(2), 0
    for index in range(250):
        shown = frame(index / 25, index)
        box = box_at(600 + chance.uniform(-25, 25), 500 + chance.uniform(-25, 25))
        if one.wants_read(box, shown.captured_at):
            asked += 1
            one.add(shown, [read("AB123CD", box)])
        else:
            one.add(shown, [], [box])
    assert asked <= 10 * 5 + 10
