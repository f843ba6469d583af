# SPDX-License-Identifier: AGPL-3.0-or-later
"""View message: what a reader knows of one camera, with a small image in which plates are unreadable, as JSON."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Base64Bytes, Field, ValidationError
from pydantic_core import from_json

from anpr.contract.jpeg import jpeg_fault, jpeg_size
from anpr.contract.parsing import Identifier, Part, Probability, check_version, first_error
from anpr.contract.topics import MAX_VIEW_BYTES, MAX_VIEW_PX
from anpr.domain.camera_view import MAX_BOXES, CameraFigures, CameraView, SeenBox
from anpr.domain.errors import MessageError, PoisonReason

Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]


Polygons = Annotated[
    tuple[Annotated[tuple[tuple[Probability, Probability], ...], Field(min_length=3, max_length=100)], ...],
    Field(max_length=20),
]


class FiguresV1(Part):
    """Figures of a camera over the last minutes; null: not known."""

    width: Number
    height: Number
    rate: Amount | None = None
    announced_rate: Amount | None = None
    frames: Number = 0
    damaged: Number = 0
    key_every_s: Amount | None = None
    widest_px: Amount | None = None
    has_plates: bool = False
    near: Number = 0
    unsure: Number = 0
    bright: Amount | None = None
    sharpness: Amount | None = None
    min_confidence: Probability = 0.0
    min_reads: Number = 1
    dark_below: Amount = 0.0


class BoxV1(Part):
    """A plate in the image, in fractions of its width and height, without its text."""

    x: Probability
    y: Probability
    w: Probability
    h: Probability
    width_px: Amount
    confidence: Probability | None


class ViewV1(Part):
    """A view of one camera, version 1 of the contract."""

    version: Literal[1] = 1
    camera_id: Identifier
    gate_id: Identifier
    reader_id: Identifier
    at: AwareDatetime
    state: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")] | None
    figures: FiguresV1 | None
    regions: Polygons = ()
    masks: Polygons = ()
    boxes: Annotated[tuple[BoxV1, ...], Field(max_length=MAX_BOXES)] = ()
    image: Base64Bytes = b""


def encode_view(view: CameraView) -> bytes:
    """The view as JSON. MessageError when it does not fit the contract."""
    fields = {name: getattr(view, name) for name in CameraView.__slots__} | {"image": b""}
    try:
        message = ViewV1.model_validate(fields).model_copy(update={"image": view.image})
        value = message.model_dump_json().encode()
    except ValidationError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, f"view of camera {view.camera_id}: {first_error(exc)}") from exc
    if len(value) > MAX_VIEW_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"view of camera {view.camera_id}: {len(value)} bytes")
    return value


def decode_view(data: bytes) -> CameraView:
    """The view in these bytes; MessageError with a typed reason when they do not follow the contract."""
    if len(data) > MAX_VIEW_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"{len(data)} bytes, at most {MAX_VIEW_BYTES}")
    try:
        fields = from_json(data, allow_inf_nan=False)
    except ValueError as exc:
        raise MessageError(PoisonReason.NOT_JSON, f"{len(data)} bytes that are not JSON") from exc
    if not isinstance(fields, dict):
        raise MessageError(PoisonReason.WRONG_SHAPE, "not a JSON object")
    check_version(fields)
    try:
        message = ViewV1.model_validate(fields)
    except ValidationError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, first_error(exc)) from exc
    _check_image(message.image)
    return CameraView(
        **{
            name: getattr(message, name)
            for name in ("camera_id", "gate_id", "reader_id", "at", "state", "regions", "masks", "image")
        },
        figures=CameraFigures(**message.figures.model_dump()) if message.figures else None,
        boxes=tuple([SeenBox(**box.model_dump()) for box in message.boxes]),
    )


def _check_image(data: bytes) -> None:
    """Whoever looks at it must be given an image and nothing else, and a small one."""
    if not data:
        return
    width, height = jpeg_size(data) or (0, 0)
    if max(width, height) > MAX_VIEW_PX:
        raise MessageError(PoisonReason.TOO_LARGE, f"image of {width} x {height} px, at most {MAX_VIEW_PX} each way")
    if fault := jpeg_fault(data):
        raise MessageError(PoisonReason.WRONG_SHAPE, f"image: {fault}")


def view_json_schema() -> dict[str, Any]:
    """The JSON Schema of a view, as published in docs/."""
    return ViewV1.model_json_schema()
