# SPDX-License-Identifier: AGPL-3.0-or-later
"""Behaviour of the simulated office: what it answers to which transit, and what goes wrong."""

import fnmatch
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from anpr.domain.errors import InputError, SettingsError
from anpr.forward.profile.answers import Meaning
from anpr.settings.complaints import explain, in_one_line
from anpr.settings.yaml_file import read_yaml
from anpr.tls.bad_certificates import CertificateFault

Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
"""Without spaces and line ends, as it stands in receipts and XML."""
Text = Annotated[str, Field(max_length=200)]
MEANINGS: tuple[Meaning, ...] = ("ok", "permanent", "transient")
MAX_DELAY_S = 600.0
OF_RECEIPTS = frozenset({"receipts-none", "receipts-twice", "receipts-contradictory", "late"})
"""Faults that concern transits, and so no pictures."""
_DEFAULT_CODES: Mapping[Meaning, str] = {"ok": "0", "permanent": "E1", "transient": "E2"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)


class AnswerRule(_Part):
    """Which transits get this answer: by plate, by a field of the profile, or a share of all."""

    plate: Annotated[str, Field(max_length=32)] | None = None
    """A pattern such as `AB*` or `AB?23CD`."""
    field: Annotated[str, Field(max_length=128)] | None = None
    """Name of a field in the profile; goes with `value`."""
    value: Annotated[str, Field(max_length=200)] | None = None
    """A pattern for that field."""
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Of all transits, chosen by their id: a transit that comes again gets the same answer."""
    answer: Meaning = "permanent"
    """What is meant; the code is the first one of the profile that means it."""
    code: Code | None = None
    """Another code."""
    text: Text = ""
    """Why, where the profile has a place for it."""

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        if sum(each is not None for each in (self.plate, self.field, self.share)) != 1:
            raise ValueError("a rule has one of plate, field and share")
        if (self.field is None) != (self.value is None):
            raise ValueError("field and value go together")
        return self

    def fits(self, id: str, plate: str, values: Mapping[str, str]) -> bool:
        """Whether a transit gets this answer."""
        if self.plate is not None:
            return fnmatch.fnmatchcase(plate.upper(), self.plate.upper())
        if self.field is not None:
            return fnmatch.fnmatchcase(values.get(self.field, ""), str(self.value))
        return zlib.crc32(id.encode()) / 2**32 < (self.share or 0)


class Behaviour(_Part):
    """How the simulated office answers. The defaults take everything at once, as an office does on a good day."""

    rules: tuple[AnswerRule, ...] = ()
    """The first one that fits a transit gives its answer."""
    answer: Meaning = "ok"
    """To all other transits."""
    code: Code | None = None
    """Of that answer, instead of the profile's first code that means it."""
    text: Text = ""
    """Of that answer."""
    receipts: Literal["one", "none", "twice", "contradictory"] = "one"
    """Each transit once; no answer at all; each twice alike; each twice, with different codes."""
    receipt_after_s: Annotated[float, Field(ge=0, le=7 * 86_400)] = 0.0
    """So long after a file its receipt lies beside it (SFTP, FTPS)."""
    delay_s: Annotated[float, Field(ge=0, le=MAX_DELAY_S)] = 0.0
    """So long before each answer."""
    cut: Literal["none", "before", "after"] = "none"
    """The connection is cut without an answer: before the file is kept, or after, when the sender cannot know."""
    disk_full: bool = False
    """Files are refused as by a disk that has no room."""
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    """HTTP status of the reply instead of 200; then nothing is kept or answered."""
    redirect: bool = False
    """HTTP: the reply sends the sender on to another host; nothing is kept."""
    certificate: CertificateFault = "none"
    """What is wrong with the certificate that is shown (HTTPS, SOAP, FTPS, mail), so that nobody may send anything."""
    wrong_host_key: bool = False
    """SFTP: another host key than the one that known_hosts has."""
    clock_offset_s: Annotated[float, Field(ge=-10 * 365 * 86_400, le=10 * 365 * 86_400)] = 0.0
    """The office's clock is off by so much: the Date of replies and the times of its files."""
    every: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """Delay, cut, full disk, status and redirect hit each so many transfers only."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """… and of those so many, by chance."""

    def code_of(self, meaning: Meaning, listed: tuple[str, ...]) -> str:
        """The code for this meaning; `listed` are the profile's codes that have it."""
        return listed[0] if listed else _DEFAULT_CODES[meaning]

    @property
    def faults(self) -> tuple[str, ...]:
        """What it does besides answering, as words of the page's catalogue."""
        found = {
            "delay": self.delay_s > 0,
            f"cut-{self.cut}": self.cut != "none",
            "disk": self.disk_full,
            "status": self.status is not None,
            "redirect": self.redirect,
            f"receipts-{self.receipts}": self.receipts != "one",
            "late": self.receipt_after_s > 0,
            "clock": self.clock_offset_s != 0,
        }
        return tuple(name for name, is_so in found.items() if is_so)

    def undisturbed(self) -> "Behaviour":
        """The same without delay, cut, full disk, status and redirect."""
        whole = {"delay_s": 0.0, "cut": "none", "disk_full": False, "status": None, "redirect": False}
        return self.model_copy(update=whole)

    @property
    def is_distrusted(self) -> bool:
        """Whether it shows what nobody may trust: this holds for connections, and so for no number of files."""
        return self.certificate != "none" or self.wrong_host_key


def read_behaviour(path: Path) -> Behaviour:
    """From a YAML file. Raises InputError naming the file and the key."""
    try:
        tree = read_yaml(path)
    except SettingsError as exc:
        raise InputError(f"behaviour {exc}") from exc
    try:
        return Behaviour.model_validate_json(json.dumps(tree))
    except ValidationError as exc:
        raise InputError(f"behaviour {path}: {in_one_line(explain(exc, tree))}") from exc
    except (TypeError, ValueError) as exc:
        raise InputError(f"behaviour {path}: {exc}") from exc
