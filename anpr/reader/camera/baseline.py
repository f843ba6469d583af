# SPDX-License-Identifier: AGPL-3.0-or-later
"""Per-camera baseline: sharpness by light level, and the worst image in which a plate was still read."""

import logging
import statistics
from collections import deque
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from anpr.reader.camera.sharpness import ImageQuality

log = logging.getLogger(__name__)

BLOCK_S = 600.0
"""One median is kept for each block of this length."""
_LEAST_SAMPLES = 20
_LEAST_BLOCKS = 3
"""Half an hour at a light level before its baseline is known."""
_MAX_BLOCKS = 288
"""Two days of one light level; some levels occur only for an hour a day."""
_LIGHTS = 8
_REMEMBER = timedelta(days=7)

_Sharpness = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
_Level = Annotated[float, Field(ge=0, le=255, allow_inf_nan=False)]


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    bright: _Level
    sharpness: _Sharpness | None


class _Memory(BaseModel):
    """The baseline as it lies on disk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    blocks: Annotated[
        tuple[Annotated[tuple[_Sharpness, ...], Field(max_length=_MAX_BLOCKS)], ...],
        Field(min_length=_LIGHTS, max_length=_LIGHTS),
    ]
    reads: dict[date, _Read]


@dataclass(slots=True)
class _Block:
    light: int
    began_s: float
    samples: list[float]


class Baseline:
    """Learned while the reader runs and kept in `path` for the next run; None keeps it in memory only."""

    def __init__(self, camera_id: str, path: Path | None = None) -> None:
        self._camera_id = camera_id
        self._path = path
        memory = _load(camera_id, path)
        self._blocks = [deque(blocks, maxlen=_MAX_BLOCKS) for blocks in memory.blocks]
        self._reads = dict(memory.reads)
        self._block: _Block | None = None
        self._is_reported = False

    def sharpness(self, quality: ImageQuality) -> float | None:
        """Upper quartile of the sharpness at this light level and its neighbours; None while too little is known."""
        light = _light(quality)
        known = [one for near in self._blocks[max(0, light - 1) : light + 2] for one in near]
        return statistics.quantiles(known, n=4)[2] if len(known) >= _LEAST_BLOCKS else None

    def learn(self, quality: ImageQuality, at_s: float) -> None:
        """Add a measurement with which nothing is wrong; `at_s` is in seconds, as in Frame."""
        if quality.sharpness is None:
            return
        light = _light(quality)
        block = self._block
        # Light at the edge of two levels belongs to both: changing at each sample it would never make a block.
        is_same = block is not None and abs(block.light - light) <= 1
        if block is None or not is_same or not 0 <= at_s - block.began_s < BLOCK_S:
            self._end_block()
            block = self._block = _Block(light=light, began_s=at_s, samples=[])
        block.samples.append(quality.sharpness)

    def _end_block(self) -> None:
        block = self._block
        if block is not None and len(block.samples) >= _LEAST_SAMPLES:
            self._blocks[block.light].append(round(statistics.median(block.samples), 5))
            self._save()

    def read(self, quality: ImageQuality, when: datetime) -> None:
        """A plate was read in an image of this quality, captured at `when` (UTC)."""
        day = when.date()
        before = self._reads.get(day)
        self._reads = {each: read for each, read in self._reads.items() if when - _midnight(each, when) <= _REMEMBER}
        self._reads[day] = _Read(
            bright=min(quality.bright, before.bright) if before else quality.bright,
            sharpness=_least(quality.sharpness, before.sharpness if before else None),
        )

    @property
    def darkest_read(self) -> float | None:
        """The least `bright` of the last 7 days at which a plate was read, level 0 to 255; None without any."""
        return min((read.bright for read in self._reads.values()), default=None)

    @property
    def softest_read(self) -> float | None:
        """The least sharpness of the last 7 days at which a plate was read; None without any."""
        return min((read.sharpness for read in self._reads.values() if read.sharpness is not None), default=None)

    def close(self) -> None:
        """Save what was learned so far."""
        self._end_block()
        self._block = None

    def _save(self) -> None:
        if self._path is None:
            return
        memory = _Memory(blocks=tuple(tuple(blocks) for blocks in self._blocks), reads=self._reads)
        part = self._path.with_name(f"{self._path.name}.part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(memory.model_dump_json(), encoding="utf-8")
            part.replace(self._path)
        except OSError as exc:
            if not self._is_reported:
                self._is_reported = True
                log.warning("camera %s: how sharp it usually is cannot be kept: %s", self._camera_id, exc)


def _load(camera_id: str, path: Path | None) -> _Memory:
    try:
        if path is not None:
            return _Memory.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        pass
    except (OSError, ValidationError) as exc:
        reason = "not what was written" if isinstance(exc, ValidationError) else exc
        log.warning("camera %s: %s: %s; how sharp it usually is must be learned anew", camera_id, path, reason)
    return _Memory(blocks=((),) * _LIGHTS, reads={})


def _light(quality: ImageQuality) -> int:
    return int(quality.middle) * _LIGHTS // 256


def _midnight(day: date, like: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=like.tzinfo)


def _least(one: float | None, other: float | None) -> float | None:
    return min((each for each in (one, other) if each is not None), default=None)
