# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counts and shares by group."""

from datetime import datetime

from anpr.accept.count.vehicle import Lighting
from anpr.accept.folder.records import Side
from anpr.accept.judge.figures import FigureGroup, Measure, Share, figures
from anpr.accept.judge.match import match
from anpr.domain.gate import Direction
from tests.support.acceptance import at, transit, vehicle


def night_after_100_s(when: datetime) -> Lighting:
    return Lighting.DAY if when < at(100) else Lighting.NIGHT


def hits(group: FigureGroup) -> dict[str, tuple[int, int]]:
    return {measure.value: (share.hits, share.of) for measure, share in group.shares.items()}


def test_coverage_is_of_all_vehicles_and_correctness_of_the_legible_ones() -> None:
    vehicles = [vehicle("AB123CD", 10), vehicle("EF456GH", 30), vehicle("XY999ZZ", 50), vehicle(None, 70)]
    transits = [transit("AB123CD", 10), transit("EF456G8", 30), transit("ZA111BB", 70), transit("ZA222BB", 200)]

    (total, *_) = figures(match(vehicles, transits, 5), night_after_100_s)

    assert hits(total) == {
        "coverage": (3, 4),
        "correct": (1, 3),
        "looks-right": (1, 3),
        "wrong": (1, 3),
        "not-read": (1, 3),
        "false": (1, 4),
    }


def test_the_sheets_own_light_goes_before_the_time() -> None:
    vehicles = [vehicle("AB123CD", 10, light=None), vehicle("EF456GH", 20, light=Lighting.NIGHT)]
    vehicles.append(vehicle("XY999ZZ", 150, light=None))

    groups = figures(match(vehicles, [], 5), night_after_100_s)

    passed = {group.light: group.passed for group in groups if group.side is None}
    assert passed == {None: 3, Lighting.DAY: 1, Lighting.NIGHT: 2}


def test_where_the_sheet_names_no_side_the_direction_does() -> None:
    vehicles = [vehicle("AB123CD", 10, side=None), vehicle("EF456GH", 30, side=None), vehicle("XY999ZZ", 50)]
    transits = [transit("AB123CD", 10, direction=Direction.RECEDING), transit("EF456GH", 30, direction=None)]

    groups = figures(match(vehicles, transits, 5), night_after_100_s)

    assert {group.side: group.passed for group in groups} == {None: 3, Side.FRONT: 1, Side.REAR: 1}


def test_day_and_night_are_crossed_with_the_sides_and_kinds_come_last() -> None:
    vehicles = [
        vehicle("AB123CD", 10, kind="auto"),
        vehicle("EF456GH", 20, side=Side.REAR, light=Lighting.NIGHT, kind="moto"),
    ]

    groups = figures(match(vehicles, [], 5), night_after_100_s)

    assert [(group.light, group.side, group.kind) for group in groups] == [
        (None, None, None),
        (Lighting.DAY, None, None),
        (Lighting.NIGHT, None, None),
        (None, Side.FRONT, None),
        (None, Side.REAR, None),
        (Lighting.DAY, Side.FRONT, None),
        (Lighting.NIGHT, Side.REAR, None),
        (None, None, "auto"),
        (None, None, "moto"),
    ]


def test_a_share_of_nothing_has_no_value() -> None:
    share = Share(hits=0, of=0)

    assert share.value is None
    assert share.interval == (0.0, 1.0)


def test_an_extra_transit_counts_in_the_group_of_its_time_and_side() -> None:
    vehicles = [vehicle("AB123CD", 10), vehicle("EF456GH", 150, light=None)]
    transits = [transit("XY999ZZ", 150 + 60)]

    groups = figures(match(vehicles, transits, 5), night_after_100_s)

    extra = {group.light: group.shares[Measure.FALSE].hits for group in groups if group.side is None}
    assert extra == {None: 1, Lighting.DAY: 0, Lighting.NIGHT: 1}
