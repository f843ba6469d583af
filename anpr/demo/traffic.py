# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scenes of the demo's two gates: which vehicles drive past, when and how fast.

The plates belong to series that Italy has not issued yet (cars reach G…, motorcycles F… in 2026), so that no plate
belongs to a person.
"""

from dataclasses import dataclass

from anpr.demo.scene.body import Body, Shape
from anpr.demo.scene.paint import Colour
from anpr.demo.scene.street import Street
from anpr.demo.scene.view import View
from anpr.domain.gate import Direction

MARK_M = 6.0
"""Distance of a plate from the camera at the moment `at_s` of its vehicle, m."""

WANTED = "NT482KB"
"""The plate on the demo's watchlist (config/watchlist-demo.csv)."""

_WHITE: Colour = (226, 226, 224)
_SILVER: Colour = (178, 176, 172)
_GREY: Colour = (104, 100, 96)
_BLACK: Colour = (44, 42, 40)
_RED: Colour = (52, 40, 168)
_BLUE: Colour = (136, 88, 40)
_GREEN: Colour = (84, 110, 62)
_SAND: Colour = (140, 178, 200)


@dataclass(frozen=True, kw_only=True)
class SceneVehicle:
    """One vehicle that drives past the gate of a scene."""

    plate: str
    at_s: float
    """Seconds from the start of the clip at which the plate is MARK_M from the camera."""
    km_h: float
    colour: Colour
    shape: Shape = Shape.HATCHBACK
    kind: str | None = None
    """Kind of plate as in anpr.drawing; None: the car's usual one for the side that is seen."""
    x_m: float = 0.0
    """Distance from the middle of the lane, m; right is positive."""


@dataclass(frozen=True, kw_only=True)
class GateScene:
    """A demo gate: what its camera sees, and which vehicles drive past."""

    name: str
    """The clip is NAME.mp4."""
    view: View
    street: Street
    direction: Direction
    night_from_s: float
    vehicles: tuple[SceneVehicle, ...]
    length_s: float = 45.0
    seed: int = 1

    def body_of(self, vehicle: SceneVehicle) -> Body:
        """The body to draw for this vehicle."""
        wide = {Shape.VAN: (1.95, 5.1), Shape.HATCHBACK: (1.76, 4.1), Shape.MOTORCYCLE: (0.9, 2.0)}
        width, length = wide[vehicle.shape]
        rear = self.direction is Direction.RECEDING
        return Body(shape=vehicle.shape, colour=vehicle.colour, rear=rear, width=width, length=length)

    def kind_of(self, vehicle: SceneVehicle) -> str:
        """The kind of its plate, as in anpr.drawing."""
        return vehicle.kind or ("it_car" if self.direction is Direction.RECEDING else "it_car_front")

    def distance_m(self, vehicle: SceneVehicle, at_s: float) -> float:
        """Distance (m) of the vehicle's side with the plate from the camera at `at_s` (s); negative behind it."""
        way = (at_s - vehicle.at_s) * vehicle.km_h / 3.6
        return MARK_M + way if self.direction is Direction.RECEDING else MARK_M - way


GATES = (
    GateScene(
        name="gate-1",
        view=View(),
        street=Street(seed=1),
        direction=Direction.APPROACHING,
        night_from_s=27.0,
        seed=11,
        vehicles=(
            SceneVehicle(plate=WANTED, at_s=3.5, km_h=22, colour=_RED),
            SceneVehicle(plate="PV907FX", at_s=8.5, km_h=28, colour=_WHITE, shape=Shape.VAN, x_m=-0.1),
            SceneVehicle(plate="RK316LD", at_s=13.0, km_h=30, colour=_BLUE, x_m=0.15),
            SceneVehicle(plate="NX250GH", at_s=18.0, km_h=18, colour=_SAND, x_m=-0.15),
            SceneVehicle(plate="SF641YT", at_s=23.0, km_h=28, colour=_BLACK, x_m=0.1),
            SceneVehicle(plate="PW538MN", at_s=31.5, km_h=22, colour=_SILVER),
            SceneVehicle(plate="TH794VE", at_s=36.5, km_h=32, colour=_GREEN, x_m=0.1),
            SceneVehicle(plate="RL163PZ", at_s=41.5, km_h=26, colour=_GREY, x_m=-0.1),
        ),
    ),
    GateScene(
        name="gate-2",
        view=View(x=-1.7, yaw_deg=-9.5, y=2.3, pitch_deg=9.0),
        street=Street(left_wall=-4.4, left_kerb=-2.2, right_kerb=2.7, right_wall=5.6, seed=5),
        direction=Direction.RECEDING,
        night_from_s=28.0,
        seed=12,
        vehicles=(
            SceneVehicle(plate="SB859KR", at_s=3.0, km_h=32, colour=_SILVER),
            SceneVehicle(plate="PK80214", at_s=7.5, km_h=18, colour=_RED, shape=Shape.MOTORCYCLE, kind="it_motorcycle"),
            SceneVehicle(plate=WANTED, at_s=12.5, km_h=30, colour=_RED, x_m=0.1),
            SceneVehicle(plate="NZ417WA", at_s=17.0, km_h=36, colour=_WHITE, shape=Shape.VAN),
            SceneVehicle(plate="TC926HJ", at_s=22.0, km_h=26, colour=_GREEN, kind="it_square", x_m=-0.1),
            SceneVehicle(plate="PV907FX", at_s=32.0, km_h=34, colour=_WHITE, shape=Shape.VAN),
            SceneVehicle(plate="RM385XG", at_s=36.5, km_h=38, colour=_BLUE, x_m=0.1),
            SceneVehicle(plate="SF641YT", at_s=41.0, km_h=30, colour=_BLACK),
        ),
    ),
)
