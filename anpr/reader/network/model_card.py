# SPDX-License-Identifier: AGPL-3.0-or-later
"""Model card: read, validated, and checked against the digest of the weights it describes."""

import hashlib
import importlib.util
import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from anpr.domain.errors import ModelError
from anpr.settings import resource_path

Task = Literal["detect", "rectify", "recognise"]

_Side = Annotated[int, Field(ge=8, le=4096)]


class _Part(BaseModel):
    # Cards grow: a trainer may add figures that this version does not use.
    model_config = ConfigDict(extra="ignore", frozen=True)


class NetworkInput(_Part):
    """What the network wants to see: (1, 3, height, width), value × scale − offset, or pixels as they are."""

    width: _Side
    height: _Side
    layout: Literal["NCHW"] = "NCHW"
    colour: Literal["RGB", "BGR"]
    values: Literal["scaled", "pixels"] = "scaled"
    """32-bit floats, or the 8 bits of the pixels: then the network scales them itself, as told by the next two."""
    scale: float
    offset: float = 0.0
    pad_value: Annotated[int, Field(ge=0, le=255)] = 0
    """Grey level put around the image, before scaling."""
    widths: tuple[_Side, ...] = ()
    """For a recogniser: the widths it is run at, ascending; the last is `width`. A fixed few, because the runtime
    keeps memory for every shape it has seen."""
    bands: Literal["painted", "seen"] = "painted"
    """For a recogniser: whether a plate's blue bands are painted over before it looks, or it has learnt to read past
    them."""


class NetworkOutput(_Part):
    """What comes out."""

    shape: tuple[int, ...]
    """-1 where it depends on the input."""
    format: str


class Calibration(_Part):
    """How a recogniser's probabilities become shares of texts read right; found by a script, not by hand."""

    temperature: Annotated[float, Field(gt=0, le=10)] = 1.0
    """Above 1: it claims too much of what it holds likely, and too little of the rest."""
    doubt: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """What it leaves open even when it says that it does not."""


class ModelCard(_Part):
    """Frozen facts about weights: what they read and give, what they were made from, what they scored."""

    name: str
    version: str
    task: Task
    architecture: str
    file: str | None = None
    """Weights beside the card …"""
    package: str | None = None
    path: str | None = None
    """… or inside an installed Python package."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    input: NetworkInput
    output: NetworkOutput
    classes: tuple[str, ...] = ()
    """Of a detector."""
    alphabet: tuple[str, ...] | None = None
    """Of a recogniser: the characters of its output after the blank …"""
    alphabet_metadata: str | None = None
    """… or the key of the ONNX file's metadata that lists them, one a line; a space follows the last."""
    calibration: Calibration = Calibration()
    """Of a recogniser."""
    training: dict[str, Any] = {}
    scores: dict[str, Any] = {}
    licence: str
    limits: tuple[str, ...] = ()
    created: datetime | date
    folder: Path
    """Where the card lies; set on loading."""

    @model_validator(mode="after")
    def _weights_are_named_once(self) -> "ModelCard":
        if (self.file is None) == (self.package is None or self.path is None):
            raise ValueError("name the weights by `file`, or by `package` and `path`")
        return self

    @model_validator(mode="after")
    def _characters_are_named_once(self) -> "ModelCard":
        if self.task == "recognise" and (self.alphabet is None) == (self.alphabet_metadata is None):
            raise ValueError("name the characters by `alphabet`, or by `alphabet_metadata`")
        return self

    def weights(self) -> Path:
        """The path of the weights, whose digest was held against the card. Raises ModelError."""
        path = self.folder / self.file if self.file else self._in_package()
        if _sha256(path) != self.sha256:
            raise ModelError(f"{path}: not the weights that the card {self.name} {self.version} describes (sha256)")
        return path

    def _in_package(self) -> Path:
        package = str(self.package)
        found = importlib.util.find_spec(package)  # does not import it: rapidocr takes a second and logs
        if found is None or not found.origin:
            raise ModelError(f"the model {self.name} needs the package {package}: install anpr[reader]")
        return Path(found.origin).parent / str(self.path)


def load_card(name_or_path: str, task: Task) -> ModelCard:
    """The card of this name in models/, or at this path. Raises ModelError naming the file and the field."""
    path = Path(name_or_path)
    if path.suffix != ".json":
        path = resource_path("models", f"{name_or_path}.json")
    try:
        card = ModelCard.model_validate({**_read(path), "folder": path.parent})
    except ValidationError as exc:
        where = ".".join(str(part) for part in exc.errors()[0]["loc"]) or "card"
        raise ModelError(f"{path}: {where}: {exc.errors()[0]['msg'].removeprefix('Value error, ')}") from exc
    if card.task != task:
        raise ModelError(f"{path}: this model can {card.task}, not {task}")
    return card


def _read(path: Path) -> dict[str, Any]:
    try:
        fields = json.loads(path.read_bytes())
    except OSError as exc:
        raise ModelError(f"{path}: {exc.strerror or exc}") from exc
    except ValueError as exc:
        raise ModelError(f"{path}: not a JSON file") from exc
    if not isinstance(fields, dict):
        raise ModelError(f"{path}: not a model card")
    return fields


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise ModelError(f"{path}: {exc.strerror or exc}") from exc
