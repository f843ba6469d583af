"""Who passes the demo's two gates, when and how fast.

The plates belong to series that Italy has not issued yet (cars reach G…, motorcycles F… in 2026), so that none is
anybody's.
"""

from dataclasses import dataclass

from anpr.demo.scene.body import Body, Shape
from anpr.demo.scene.paint import Colour
from anpr.demo.scene.street import Street
from anpr.demo.scene.view import View
from anpr.domain.gate import Direction

MARK_M = 6.0
"""Where a vehicle's plate is at the moment its passing is timed by, metres from the camera."""

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
class Passing:
    """One vehicle past one gate."""

    plate: str
    at_s: float
    """Seconds from the start of the clip at which the plate is MARK_M from the camera."""
    km_h: float
    colour: Colour
    shape: Shape = Shape.HATCHBACK
    kind: str | None = None
    """Kind of plate as in anpr.drawing; None: the car's usual one for the side that is seen."""
    x_m: float = 0.0
    """Off the middle of the lane."""


@dataclass(frozen=True, kw_only=True)
class GateScene:
    """A demo gate: what its camera sees, and who passes."""

    name: str
    """The clip is NAME.mp4."""
    view: View
    street: Street
    direction: Direction
    night_from_s: float
    passings: tuple[Passing, ...]
    length_s: float = 45.0
    seed: int = 1

    def body_of(self, passing: Passing) -> Body:
        wide = {Shape.VAN: (1.95, 5.1), Shape.HATCHBACK: (1.76, 4.1), Shape.MOTORCYCLE: (0.9, 2.0)}
        width, length = wide[passing.shape]
        rear = self.direction is Direction.RECEDING
        return Body(shape=passing.shape, colour=passing.colour, rear=rear, width=width, length=length)

    def kind_of(self, passing: Passing) -> str:
        return passing.kind or ("it_car" if self.direction is Direction.RECEDING else "it_car_front")

    def distance_m(self, passing: Passing, at_s: float) -> float:
        """How far before the camera the plate's side of the vehicle is, m; negative behind it."""
        way = (at_s - passing.at_s) * passing.km_h / 3.6
        return MARK_M + way if self.direction is Direction.RECEDING else MARK_M - way


GATES = (
    GateScene(
        name="gate-1",
        view=View(),
        street=Street(seed=1),
        direction=Direction.APPROACHING,
        night_from_s=27.0,
        seed=11,
        passings=(
            Passing(plate=WANTED, at_s=3.5, km_h=22, colour=_RED),
            Passing(plate="PV907FX", at_s=8.5, km_h=28, colour=_WHITE, shape=Shape.VAN, x_m=-0.1),
            Passing(plate="RK316LD", at_s=13.0, km_h=30, colour=_BLUE, x_m=0.15),
            Passing(plate="NX250GH", at_s=18.0, km_h=18, colour=_SAND, x_m=-0.15),
            Passing(plate="SF641YT", at_s=23.0, km_h=28, colour=_BLACK, x_m=0.1),
            Passing(plate="PW538MN", at_s=31.5, km_h=22, colour=_SILVER),
            Passing(plate="TH794VE", at_s=36.5, km_h=32, colour=_GREEN, x_m=0.1),
            Passing(plate="RL163PZ", at_s=41.5, km_h=26, colour=_GREY, x_m=-0.1),
        ),
    ),
    GateScene(
        name="gate-2",
        view=View(x=-1.7, yaw_deg=-9.5, y=2.3, pitch_deg=9.0),
        street=Street(left_wall=-4.4, left_kerb=-2.2, right_kerb=2.7, right_wall=5.6, seed=5),
        direction=Direction.RECEDING,
        night_from_s=28.0,
        seed=12,
        passings=(
            Passing(plate="SB859KR", at_s=3.0, km_h=32, colour=_SILVER),
            Passing(plate="PK80214", at_s=7.5, km_h=18, colour=_RED, shape=Shape.MOTORCYCLE, kind="it_motorcycle"),
            Passing(plate=WANTED, at_s=12.5, km_h=30, colour=_RED, x_m=0.1),
            Passing(plate="NZ417WA", at_s=17.0, km_h=36, colour=_WHITE, shape=Shape.VAN),
            Passing(plate="TC926HJ", at_s=22.0, km_h=26, colour=_GREEN, kind="it_square", x_m=-0.1),
            Passing(plate="PV907FX", at_s=32.0, km_h=34, colour=_WHITE, shape=Shape.VAN),
            Passing(plate="RM385XG", at_s=36.5, km_h=38, colour=_BLUE, x_m=0.1),
            Passing(plate="SF641YT", at_s=41.0, km_h=30, colour=_BLACK),
        ),
    ),
)
