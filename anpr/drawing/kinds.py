# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate kinds as data: size, text templates, colours and bands of every plate that can be drawn.

Lengths are millimetres. Italian sizes after D.P.R. 495/1992 art. 258 and its annexes as listed in docs/domain.md;
neighbours' sizes are the common 520×110 EU plate unless a country has its own. Letter sizes are measured from
images, not from the (unpublished) drawings.
"""

from dataclasses import dataclass, replace

Colour = tuple[int, int, int]
"""Blue, green, red: 0..255."""

WHITE: Colour = (232, 234, 232)
BLACK: Colour = (28, 26, 26)
BLUE: Colour = (158, 66, 12)
RED: Colour = (40, 32, 196)
YELLOW: Colour = (48, 190, 240)
ORANGE: Colour = (30, 140, 240)
GREEN: Colour = (60, 120, 30)
SKY: Colour = (170, 110, 40)


@dataclass(frozen=True, kw_only=True)
class Band:
    """A coloured band at one side of the plate."""

    label: str = ""
    """Country letters, at the foot of the band."""
    stars: bool = False
    year: bool = False
    """A ring with two figures, and two province letters below it (Italy, right)."""
    width: float = 40
    colour: Colour = BLUE


@dataclass(frozen=True, kw_only=True)
class PlateKind:
    """How one kind of plate is made."""

    name: str
    country: str
    templates: tuple[str, ...]
    """What may stand on it (see `grammar`); a given text is set out by the first that fits."""
    width: float = 520
    height: float = 110
    letter_height: float = 78
    letter_width: float = 44
    weight: float = 9.5
    background: Colour = WHITE
    ink: Colour = BLACK
    accent: Colour | None = None
    """Ink of the first run of letters, where it differs."""
    left: Band | None = None
    right: Band | None = None
    band_share: float = 1.0
    """Part of the plate's height that the bands take, from the top."""
    caption: str = ""
    caption_ink: Colour = BLUE
    border: Colour | None = None
    lines: Colour | None = None
    """Three lines along the upper and the lower edge (Austria)."""

    @property
    def row_count(self) -> int:
        """Lines of text on the plate."""
        return self.templates[0].count("/") + 1


_STARS = Band(label="I", stars=True)
_YEAR = Band(year=True)
_CAR = PlateKind(name="it_car", country="IT", templates=("fi*dddii",), left=_STARS, right=_YEAR)
_FRONT = replace(_CAR, name="it_car_front", width=360, letter_height=62, letter_width=30, weight=7.5)
_SQUARE = PlateKind(
    name="it_square",
    country="IT",
    templates=("fi/ddd*ii", "Zi/ddd*ii"),
    width=297,
    height=214,
    left=replace(_STARS, width=42),
    right=replace(_YEAR, width=42),
    band_share=0.5,
)
_MOTORCYCLE = PlateKind(
    name="it_motorcycle",
    country="IT",
    templates=("fi*/ddddd",),
    width=177,
    height=177,
    letter_height=64,
    letter_width=29,
    weight=7.5,
    left=replace(_STARS, width=28),
    right=replace(_YEAR, width=28),
    band_share=0.5,
)
_MOPED = PlateKind(
    name="it_moped",
    country="IT",
    templates=("mm/mmmm", "mmm/mmm"),
    width=142,
    height=122,
    letter_height=46,
    letter_width=26,
    weight=6,
    left=Band(label="I", stars=True, width=20),
    band_share=0.45,
)

ITALIAN = (
    _CAR,
    _FRONT,
    replace(_CAR, name="it_car_1994", left=None, right=None),
    _SQUARE,
    _MOTORCYCLE,
    _MOPED,
    replace(_CAR, name="it_trailer", templates=("XA*dddii", "Xi*dddii")),
    replace(_SQUARE, name="it_trailer_square", templates=("XA/ddd*ii", "Xi/ddd*ii")),
    replace(_CAR, name="it_local_police", templates=("YA*dddii", "Yi*dddii"), caption="POLIZIA LOCALE"),
    replace(_MOTORCYCLE, name="it_local_police_motorcycle", templates=("YA*/ddddd", "Yi*/ddddd")),
    replace(_CAR, name="it_state_police", templates=("POLIZIA idddd",), accent=RED, letter_width=30),
    replace(_CAR, name="it_carabinieri", templates=("CC iiddd",), accent=RED),
    replace(_CAR, name="it_army", templates=("EI iiddd",), accent=RED),
    replace(_CAR, name="it_navy", templates=("MM iiddd",), accent=RED),
    replace(_CAR, name="it_air_force", templates=("AM iiddd",), accent=RED),
    replace(_CAR, name="it_finance_guard", templates=("GDIF dddii",), accent=RED, letter_width=34),
    replace(_CAR, name="it_fire_brigade", templates=("VF ddddd", "VFR dddd"), accent=RED),
    replace(_CAR, name="it_coast_guard", templates=("CP dddd",), accent=RED),
    replace(_CAR, name="it_civil_protection", templates=("PC idd ii",), accent=RED),
    replace(_CAR, name="it_diplomatic", templates=("CD dddii", "CC dddii"), accent=SKY),
    replace(_CAR, name="it_temporary", templates=("EE*dddii",)),
    PlateKind(
        name="it_test", country="IT", templates=("xxP/xxxxx",), width=275, height=200, ink=BLACK, border=BLACK
    ),
    PlateKind(
        name="it_old_black", country="IT", templates=("<prov> dddddd", "<prov> iddddd"), width=262, height=57,
        letter_height=38, letter_width=20, weight=4.5, background=BLACK, ink=WHITE,
    ),
    PlateKind(
        name="it_old_black_square", country="IT", templates=("<prov>/dddddd", "<prov>/iddddd"), width=275, height=200,
        letter_height=70, letter_width=34, weight=8, background=BLACK, ink=WHITE, accent=ORANGE,
    ),
    PlateKind(
        name="it_old_white", country="IT", templates=("<prov> xddddd", "<prov> dddddd"), width=486, height=109,
        letter_height=72, letter_width=40, weight=9,
    ),
)  # fmt: skip
"""Plates of Italy."""


def _eu(country: str, label: str, *templates: str, **rest: object) -> PlateKind:
    """A 520×110 mm plate with the blue band of the European Union."""
    made = PlateKind(
        name=f"{country.lower()}_car", country=country, templates=templates, left=Band(label=label, stars=True),
        border=BLACK, letter_height=75, letter_width=43, weight=10,
    )  # fmt: skip
    return replace(made, **rest)  # type: ignore[arg-type]


_FOREIGN_SQUARE = {"width": 280.0, "height": 200.0, "band_share": 0.5}

NEIGHBOURS = (
    _eu("FR", "F", "ii-ddd-ii", right=Band(label="", width=40), border=None),
    _eu("DE", "D", "<de>=ai nddd", "<de>=ai ndd", "<de>=a nddd", "<de>=ai nd", "<de>=ai nddE", "<de>=ai nddH"),
    _eu("DE", "D", "<de>/ai nddd", "<de>/a nddd", name="de_square", **_FOREIGN_SQUARE),
    _eu("AT", "A", "<at>*nddda", "<at>*nddaa", "<at>*ndddaa", "<at>*ndaaa", lines=RED, border=None),
    _eu("CH", "CH", "<ch>*nddddd", "<ch>*ndddd", "<ch>*nddd", left=None, width=500),
    _eu(
        "CH",
        "CH",
        "<ch>/nddddd",
        "<ch>/ndddd",
        left=None,
        name="ch_square",
        width=300,
        height=160,
        letter_height=66,
        letter_width=38,
    ),
    _eu("ES", "E", "dddd ccc"),
    _eu("SI", "SLO", "<si>*ci-ddd", "<si>*dd-dci", "<si>*cd-ddc", border=GREEN),
    _eu("RO", "RO", "<ro> dd iii", "B dd iii", "B ddd iii"),
    _eu("PL", "PL", "<pl> ddddd", "<pl> dddda", "<pl> dddaa", "<pl> addd"),
    _eu("GB", "GB", "iidd iii", letter_width=46, weight=11),
    _eu("GB", "UK", "iidd iii", name="gb_rear", background=YELLOW, left=None, letter_width=46, weight=11),
    _eu("NL", "NL", "cc-ddd-c", "c-ddd-cc", "dd-ccc-d", "cc-cc-dd", "d-ccc-dd", background=YELLOW),
    _eu("BE", "B", "n-aaa-ddd", ink=(48, 30, 140), border=(48, 30, 140), letter_width=40),
    _eu("CZ", "CZ", "nai dddd", "nad dddd"),
    _eu("SK", "SK", "<sk>*dddii"),
    _eu("HR", "HR", "<hr>*dddd-ii", "<hr>*ddd-ii", "<hr>*dddd-c"),
    _eu("HU", "H", "aaa-ddd", "AA aa-ddd"),
    _eu("SM", "RSM", "*idddd", left=None, ink=BLUE, caption="REPUBBLICA DI SAN MARINO", width=360.0, letter_width=34),
    _eu("VA", "V", "SCV ddddd", "SCV dddd", "SCV ddd", "CV ddddd", left=None, border=None),
)
"""Plates of the countries whose vehicles pass through Italy."""

KINDS: dict[str, PlateKind] = {kind.name: kind for kind in (*ITALIAN, *NEIGHBOURS)}
"""All kinds by name."""
