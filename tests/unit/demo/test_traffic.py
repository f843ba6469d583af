# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who passes the demo's gates."""

import pytest

from anpr.demo.traffic import GATES, MARK_M, WANTED, GateScene
from anpr.domain.gate import Direction
from anpr.domain.plate import normalise
from anpr.settings import load_settings, resource_path

each_gate = pytest.mark.parametrize("scene", GATES, ids=lambda scene: scene.name)


@each_gate
def test_vehicles_do_not_drive_through_one_another(scene: GateScene) -> None:
    for before, after in zip(scene.vehicles, scene.vehicles[1:], strict=False):
        for number in range(int(scene.length_s * 15)):
            one, other = (scene.distance_m(vehicle, number / 15) for vehicle in (before, after))
            if -6 < one < 46 and -6 < other < 46:
                assert abs(one - other) > 6.0, (before.plate, after.plate, number / 15)


@each_gate
def test_they_drive_the_way_of_their_gate(scene: GateScene) -> None:
    vehicle = scene.vehicles[0]
    assert scene.distance_m(vehicle, vehicle.at_s) == MARK_M
    later = scene.distance_m(vehicle, vehicle.at_s + 1)
    assert (later > MARK_M) is (scene.direction is Direction.RECEDING)


@each_gate
def test_there_is_day_and_night_and_no_plate_is_passing_twice(scene: GateScene) -> None:
    assert any(vehicle.at_s < scene.night_from_s for vehicle in scene.vehicles)
    assert any(vehicle.at_s > scene.night_from_s for vehicle in scene.vehicles)
    plates = [vehicle.plate for vehicle in scene.vehicles]
    assert len(plates) == len(set(plates))
    assert all(plate == normalise(plate) for plate in plates)


def test_the_wanted_one_passes_every_gate_soon() -> None:
    for scene in GATES:
        assert any(vehicle.plate == WANTED and vehicle.at_s < 15 for vehicle in scene.vehicles)


def test_the_demo_settings_show_these_gates() -> None:
    settings = load_settings(resource_path("config", "demo.yaml"), environment={}).settings
    urls = [camera.url.get_secret_value() for gate in settings.gates for camera in gate.cameras]
    assert [url.rpartition("/")[2] for url in urls] == [f"{scene.name}.mp4" for scene in GATES]
    assert settings.reader.assemble.reentry_s < min(scene.length_s for scene in GATES) - 10


def test_the_demo_watchlist_holds_the_wanted_one() -> None:
    lines = resource_path("config", "watchlist-demo.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "plate,reason,valid_from,valid_to"
    assert any(line.startswith(f"{WANTED},") for line in lines[1:])
