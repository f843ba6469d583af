# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form of a gate and its cameras: its fields as they were sent, and the definition that they stand for."""

import re
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from anpr.console.field_faults import FieldFault, refuse_odd
from anpr.console.pages.gates.managed import refused_by
from anpr.domain.errors import InputError
from anpr.domain.identifier import IDENTIFIER_PATTERN
from anpr.domain.local_time import read_day
from anpr.settings.planned import PlannedGate, as_json, read_definition

MOST = 500
"""Characters of a field."""
_NUMBERS = {"latitude": 90.0, "longitude": 180.0}
_TEXTS = ("name", "purpose", "legal_basis")

ID = re.compile(IDENTIFIER_PATTERN)
"""What an id of a gate, a camera or a reader looks like."""

Each = Annotated[list[str], Field(max_length=200)]


class GateFields(BaseModel):
    """The form as it was sent, however odd. Of the lists each entry is a camera's, in the order of `camera`."""

    name: str = ""
    purpose: str = ""
    legal_basis: str = ""
    legal_basis_until: str = ""
    latitude: str = ""
    longitude: str = ""
    retention_purpose: str = ""
    reader: str = ""
    camera: Each = []
    url: Each = []
    secret: Each = []
    lane: Each = []
    bearing: Each = []
    new_reader: bool = False
    """Whether whoever sent it says that the reader is a new one."""
    reason: str = ""
    based_on: Annotated[int, Field(ge=0, lt=2**31)] = 0

    @classmethod
    def of(cls, gate: PlannedGate, based_on: int) -> Self:
        """The form of what is saved."""

        def text(value: object) -> str:
            return "" if value is None else str(value)

        texts: dict[str, Any] = {
            name: text(getattr(gate, name)) for name in (*_TEXTS, *_NUMBERS, "retention_purpose", "reader")
        }
        return cls(
            **texts,
            legal_basis_until=gate.legal_basis_until.isoformat() if gate.legal_basis_until else "",
            camera=[camera.id for camera in gate.cameras],
            url=[camera.url.get_secret_value() for camera in gate.cameras],
            secret=[text(camera.secret) for camera in gate.cameras],
            lane=[text(camera.lane) for camera in gate.cameras],
            bearing=[text(camera.bearing_deg) for camera in gate.cameras],
            based_on=based_on,
        )


def changed_gate(gate: PlannedGate, fields: GateFields) -> tuple[PlannedGate | None, dict[str, FieldFault]]:
    """The gate as the form says it, or what is wrong, by field (`url-0` is that of the first camera)."""
    faults: dict[str, FieldFault] = {}
    definition: dict[str, Any] = as_json(gate)
    for name in (*_TEXTS, *_NUMBERS, "legal_basis_until", "retention_purpose", "reader"):
        refuse_odd(faults, name, [getattr(fields, name)], MOST)
    for name in _TEXTS:
        if not getattr(fields, name).strip():
            faults.setdefault(name, FieldFault(key="gates.edit_needed"))
    put_values(definition, {name: getattr(fields, name).strip() for name in (*_TEXTS, "retention_purpose", "reader")})
    put_values(
        definition, {name: _number(faults, name, getattr(fields, name), most) for name, most in _NUMBERS.items()}
    )
    put_values(definition, {"legal_basis_until": _day(faults, fields.legal_basis_until)})
    if (fields.latitude.strip() == "") != (fields.longitude.strip() == ""):
        faults.setdefault("longitude", FieldFault(key="gates.edit_both"))
    _put_cameras(definition, fields, faults)
    if fields.reader.strip() and not ID.fullmatch(fields.reader.strip()):
        faults.setdefault("reader", FieldFault(key="gates.edit_wrong_id"))
    if faults:
        return None, faults
    try:
        return read_definition(definition, gate.id), {}
    except InputError as exc:
        return None, {"definition": refused_by(exc)}


def put_values(definition: dict[str, Any], values: dict[str, Any]) -> None:
    """Set what is there, and remove what is empty."""
    for key, value in values.items():
        definition.pop(key, None)
        if value not in ("", None):
            definition[key] = value


def _put_cameras(definition: dict[str, Any], fields: GateFields, faults: dict[str, FieldFault]) -> None:
    cameras = definition.get("cameras", [])
    columns = (fields.url, fields.secret, fields.lane, fields.bearing)
    if fields.camera != [camera["id"] for camera in cameras] or {len(each) for each in columns} - {len(cameras)}:
        faults["cameras"] = FieldFault(key="gates.edit_other_cameras")
        return
    for place, camera in enumerate(cameras):
        for name, values in (("url", fields.url), ("secret", fields.secret), ("lane", fields.lane)):
            refuse_odd(faults, f"{name}-{place}", [values[place]], MOST)
            put_values(camera, {name: values[place].strip()})
        put_values(camera, {"bearing_deg": bearing_of(faults, f"bearing-{place}", fields.bearing[place])})
        check_camera(definition["id"], camera, f"-{place}", faults)


def check_camera(gate_id: str, camera: dict[str, Any], behind: str, faults: dict[str, FieldFault]) -> None:
    """Its address and the name of its secret, apart from the rest, so that the fault is told beside the field; the
    fields' names end with `behind`."""
    for name, keys in (("url", ("id", "url")), ("secret", ("id", "url", "secret"))):
        if f"url{behind}" in faults or f"{name}{behind}" in faults:
            continue
        alone = {"id": gate_id, "name": "x", "purpose": "x", "legal_basis": "x"}
        try:
            read_definition({**alone, "cameras": [{key: camera[key] for key in keys if key in camera}]})
        except InputError as exc:
            faults[f"{name}{behind}"] = FieldFault(key=_camera_fault(name, str(exc), camera))


def _camera_fault(name: str, why: str, camera: dict[str, Any]) -> str:
    """The words for it; `why` is only told apart, since it is written for files of settings."""
    if name == "secret":
        is_id = ID.fullmatch(camera.get("secret", "")) is not None
        return "gates.edit_secret_of_file" if is_id else "gates.edit_wrong_id"
    return "gates.edit_login_in_url" if "a login in" in why else "gates.edit_wrong_url"


def _number(faults: dict[str, FieldFault], name: str, text: str, most: float) -> float | None:
    """Degrees, with a point or a comma."""
    if not text.strip():
        return None
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        value = float("nan")
    if not -most <= value <= most:
        faults.setdefault(name, FieldFault(key="gates.edit_degrees", values={"most": round(most)}))
        return None
    return value


def bearing_of(faults: dict[str, FieldFault], name: str, text: str) -> int | None:
    """Whole degrees, or None."""
    if not text.strip():
        return None
    if not text.strip().isascii() or not text.strip().isdecimal() or int(text.strip()[:9]) >= 360:
        faults[name] = FieldFault(key="gates.edit_bearing")
        return None
    return int(text.strip())


def _day(faults: dict[str, FieldFault], text: str) -> str | None:
    if not text.strip():
        return None
    try:
        return read_day("legal_basis_until", text).isoformat()
    except InputError:
        faults.setdefault("legal_basis_until", FieldFault(key="gates.edit_day"))
        return None
