# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of the roadside: gates, cameras, and the reader that turns them into transits."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, WithJsonSchema, field_validator, model_validator

from anpr.domain.area import Polygon
from anpr.domain.errors import SettingsError
from anpr.domain.gate import Camera, CameraKind, Gate, Keep
from anpr.settings.address import check_address, looks_like_an_address
from anpr.settings.base import Day, Identifier, Section
from anpr.settings.secret_file import read_secret_file

LIVE_SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "srt", "udp", "rtp", "tcp")
"""Of addresses that a camera is read from."""
LISTENING_SCHEMES = frozenset({"srt", "udp", "rtp", "tcp"})
"""Of those the ones that may wait on a port of this machine, without a host: udp://:5004."""

Fraction = Annotated[float, Field(ge=0, le=1)]

Corner = Annotated[tuple[float, float], WithJsonSchema({"type": "[x, y]"})]
"""Fractions of the image's width, from the left, and of its height, from the top."""
Corners = tuple[Corner, ...]


class CameraSettings(Section):
    """One video source of a gate."""

    id: Identifier
    """Unique over all gates."""
    url: SecretStr
    """rtsp://USER:PASSWORD@HOST:PORT/…, a video file, or a folder of images. Signs in a user name or a password that
    mean something in an address are written percent-encoded: # as %23, / as %2F, ? as %3F, @ as %40, % as %25."""
    user: Annotated[str, Field(min_length=1)] | None = None
    """Who logs in, as it is written on paper, instead of one in the address."""
    secret_file: Annotated[str, Field(min_length=1)] | None = None
    """File with that user's password, as it is written on paper; read whenever the camera is connected to."""
    kind: CameraKind = CameraKind.PLATE
    """`plate` cameras are read; `context` cameras only look."""
    lane: str | None = None
    """Name of the lane it looks at."""
    bearing_deg: Annotated[int, Field(ge=0, lt=360)] | None = None
    """Compass direction it looks in."""
    regions: tuple[Corners, ...] = ()
    """Polygons, each a list of corners in fractions of the image's width and height, `[0, 0]` top left and `[1, 1]`
    bottom right. A plate whose centre lies in none of them is not read, and counted; empty: all are read. Only the part
    around them is looked at, so narrow ones let smaller plates be found. Try them with `anpr read --camera ID
    --explain`."""
    masks: tuple[Corners, ...] = ()
    """Polygons as in `regions`. A plate whose centre lies in one of them is not read, and counted: text burnt into the
    image, a car park beside the road. What moves there, as a burnt-in clock does, is no reason to look."""

    @field_validator("url")
    @classmethod
    def _is_an_address_or_a_path(cls, url: SecretStr) -> SecretStr:
        text = url.get_secret_value()
        if "://" in text:
            check_address(text, LIVE_SCHEMES, host_needed=text.split(":")[0].lower() not in LISTENING_SCHEMES)
        elif not text.strip():
            raise ValueError("expected rtsp://… or the path of a video file or of a folder of images")
        elif looks_like_an_address(text) and not Path(text).exists():
            raise ValueError("an address begins with its scheme: rtsp://HOST/…; and there is no such file")
        return url

    @field_validator("regions", "masks")
    @classmethod
    def _are_polygons(cls, polygons: tuple[Corners, ...]) -> tuple[Corners, ...]:
        for number, corners in enumerate(polygons, start=1):
            try:
                Polygon(corners)
            except ValueError as exc:
                raise ValueError(f"polygon {number}: {exc}") from exc
        return polygons

    @model_validator(mode="after")
    def _one_login(self) -> "CameraSettings":
        if self.secret_file and not self.user:
            raise ValueError("secret_file needs user")
        if self.user and not self.is_live:
            raise ValueError("user is for cameras with an address; a file or folder has no login")
        if self.user and "@" in urlsplit(self.url.get_secret_value()).netloc:
            raise ValueError("a login in url and one in user and secret_file; leave it out of url")
        return self

    @property
    def is_live(self) -> bool:
        """Whether it is read from an address, not from a file or folder."""
        return "://" in self.url.get_secret_value()

    def to_domain(self) -> Camera:
        return Camera(
            id=self.id,
            url=self.url.get_secret_value(),
            user=self.user,
            secret_file=Path(self.secret_file) if self.secret_file else None,
            kind=self.kind,
            lane=self.lane,
            bearing_deg=self.bearing_deg,
            regions=tuple(Polygon(corners) for corners in self.regions),
            masks=tuple(Polygon(corners) for corners in self.masks),
        )


def missing_file(camera: CameraSettings) -> str | None:
    """What is wrong with the file of this machine that a camera is read from, or that holds its password."""
    if camera.secret_file:
        try:
            read_secret_file(Path(camera.secret_file))
        except SettingsError as exc:
            return f"camera {camera.id}: secret_file: {exc}"
    path = camera.url.get_secret_value()
    if camera.is_live or Path(path).exists():
        return None
    return f"camera {camera.id}: url: no such file or folder: {path} (an address begins with its scheme: rtsp://…)"


class GateSettings(Section):
    """A place where vehicles pass."""

    id: Identifier
    """Unique; part of folder names and metrics."""
    name: str
    """As operators know the place."""
    purpose: str
    """Why vehicles are read here (D.Lgs. 51/2018)."""
    legal_basis: str
    """The act that allows it, e.g. the urban-security pact and its date."""
    legal_basis_until: Day | None = None
    """The console warns when this day comes near."""
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    """WGS 84, degrees north."""
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    """WGS 84, degrees east."""
    retention_purpose: Identifier | None = None
    """Id of one of retention.purposes, which says what the centre keeps of the transits here; none: everything. The
    centre's own settings decide, so the gate must be in them."""
    organisation: Identifier | None = None
    """Id of the organisation that owns it (`anpr organisation add`); none: as the centre has it, at first `manager`."""
    cameras: tuple[CameraSettings, ...] = ()

    def to_domain(self, keep: Keep = Keep.ALL) -> Gate:
        """The gate; what is kept there is for the whole settings to say (`Settings.domain_gates`)."""
        values = {name: getattr(self, name) for name in Gate.__dataclass_fields__ if name not in {"cameras", "keep"}}
        return Gate(**values, cameras=tuple(camera.to_domain() for camera in self.cameras), keep=keep)


class GatePlanSettings(Section):
    """Where readers take their gates from."""

    source: Literal["file", "centre"] = "file"
    """`file`: each machine's settings file, under `gates`. `centre`: the database, where `anpr gate` and the console
    edit them. A reader gets those that name it, keeps a copy in data_dir and goes on with it when the centre is
    away."""
    public_key: str | None = None
    """For readers: the centre's public key, as `anpr audit key` prints it there. What is signed by another key is
    refused. Needed with a broker; without one the reader trusts the files of its own machine."""

    @field_validator("public_key")
    @classmethod
    def _is_a_key(cls, text: str | None) -> str | None:
        if text is not None and not re.fullmatch(r"ed25519:[A-Za-z0-9_-]{43}", text):
            raise ValueError("expected a public key as `anpr audit key` prints it: ed25519: and 43 characters")
        return text


class DetectorSettings(Section):
    """Where plates are found in a frame."""

    engine: Literal["onnxruntime", "openvino", "ultralytics"] = "onnxruntime"
    """The runtime of the weights."""
    model: str = "plate_detector_int8"
    """Name of a card in models/, or the path of one. `plate_detector` has the same weights as floats: it finds the
    same plates in twice the time."""
    min_score: Fraction = 0.1
    """Boxes below it are dropped, and counted. Where `rectifier.use` is off nothing else tells plates from other
    writing: then 0.25."""


class RectifierSettings(Section):
    """How a plate is set level before it is read: by its four corners, found by a second, small network."""

    use: bool = True
    """Whether it is; without, a plate is read as its box cuts it out."""
    model: str = "plate_rectifier"
    """Name of a card in models/, or the path of one."""
    min_plate: Fraction = 0.35
    """A box scored below .25 that detector and corner network together hold less likely to be a number plate is
    dropped, and counted."""


class RecogniserSettings(Section):
    """How a plate becomes text."""

    engine: Literal["onnxruntime", "openvino", "paddleocr"] = "onnxruntime"
    """The runtime of the weights."""
    model: str | None = None
    """Name of a card in models/, or the path of one. Without one: `plate_recogniser_small_int8`, ours; for
    `paddleocr`, which runs PP-OCR only, `plate_recogniser`."""
    min_confidence: Fraction = 0.4
    """Reads below it do not vote."""


class SecondOpinionSettings(Section):
    """Another recogniser, asked once about a plate that is in doubt."""

    ask: bool = True
    """Whether it is asked at all."""
    engine: Literal["onnxruntime", "openvino", "paddleocr"] = "onnxruntime"
    """The runtime of its weights. They are the same for all; paddleocr takes seconds and 100 MB to load."""
    model: str = "plate_recogniser"
    """Name of a card in models/, or the path of one. Of another architecture than the first, or it errs alike."""
    below: Fraction = 0.7
    """Asked about a transit, or a plate in a single image, whose confidence is below this."""
    weight: Fraction = 0.35
    """How much it counts against the first reader, from 0 to 1."""
    wait_s: Annotated[float, Field(gt=0)] = 0.5
    """A camera waits for the answer at most so long; a file or an image as long as it takes."""


class AssembleSettings(Section):
    """When reads become one transit."""

    min_reads: Annotated[int, Field(ge=1)] = 2
    """Frames that must have been read before a pass becomes a transit."""
    min_confidence: Fraction = 0.7
    """Transits below it are dropped, and counted."""
    min_plate_width_px: Annotated[int, Field(ge=1)] = 45
    """Narrower plates are dropped, and counted."""
    lost_after_s: Annotated[float, Field(gt=0)] = 1.0
    """A track that was not seen for this long is over."""
    reentry_s: Annotated[float, Field(ge=0)] = 60.0
    """The same plate at the same camera within this time is the same transit."""
    max_reads: Annotated[int, Field(ge=1)] = 40
    """Frames of one track that are read at most."""


class OutboxSettings(Section):
    """Where transits wait on disk until they are acknowledged."""

    max_mb: Annotated[int, Field(ge=10)] = 4096
    """Disk quota. When it is reached the oldest images go first, then nothing: metadata goes on past it, about 1 KB a
    transit, until the disk is really full."""
    metadata_max_age_h: Annotated[int, Field(ge=1)] | None = None
    """Hours that a transit may wait; then it is given up, counted. None: the shortest of retention's days."""
    images_max_age_h: Annotated[int, Field(ge=1)] | None = None
    """Hours that an image may wait; then it is given up, counted. None: the shortest of retention's days."""


class SightSettings(Section):
    """When a camera that gives frames is said not to see well: blurred or dark, told to the centre like a fault."""

    every_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Seconds between two looks at the image."""
    after_s: Annotated[float, Field(ge=0, le=3600)] = 60.0
    """It must be so at every look of this time, and be over for as long: a lorry that passes makes no interval."""
    blurred_below: Fraction = 0.1
    """Of the sharpness that is usual for the camera at the same light, learned over days; 0.02 is blurred by 2 px."""
    dark_below: Annotated[float, Field(ge=0, le=255)] = 32.0
    """95 % of the image are below this level of 255, and no plate was ever read in one as dark."""


class ReaderSettings(Section):
    """The edge process."""

    id: Identifier = "reader-1"
    """Unique over all readers; carried by every transit."""
    gates: tuple[Identifier, ...] = ()
    """The gates this reader looks at; empty means all."""
    secrets: dict[Identifier, SecretStr] = Field(default_factory=dict)
    """Logins of cameras whose gates come from the centre, by the name that the gate's definition gives: USER:PASSWORD,
    as written on paper, and below it for each host to which it may go a line `host: NAME` or `host: NAME:PORT`; it goes
    to no other. In the environment ANPR_READER__SECRETS__NAME."""
    secrets_dir: str | None = None
    """Folder with a file for each of those names instead, which holds the same lines and is read whenever the camera is
    connected to. When empty, secrets in data_dir."""
    key_file: str | None = None
    """Private key (PEM) that signs what goes to the broker; `anpr key new` makes it. A file named here must be there.
    When empty, reader.key in data_dir; where there is none either, messages go unsigned."""
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    """Of one inference session."""
    detector: DetectorSettings = DetectorSettings()
    rectifier: RectifierSettings = RectifierSettings()
    recogniser: RecogniserSettings = RecogniserSettings()
    second_opinion: SecondOpinionSettings = SecondOpinionSettings()
    assemble: AssembleSettings = AssembleSettings()
    outbox: OutboxSettings = OutboxSettings()
    sight: SightSettings = SightSettings()
    frozen_after_s: Annotated[float, Field(gt=0)] = 3.0
    """A stream without a new frame for this long is at fault."""
    retry_min_s: Annotated[float, Field(gt=0)] = 0.5
    """The first wait before a camera is tried again."""
    retry_max_s: Annotated[float, Field(gt=0)] = 30.0
    """Back-off between tries to reach a camera."""

    @model_validator(mode="after")
    def _retry_in_order(self) -> "ReaderSettings":
        if self.retry_min_s > self.retry_max_s:
            raise ValueError("retry_min_s must not be greater than retry_max_s")
        return self
