"""What is usual for a camera: how sharp it is at each light, and how bad a picture was that a plate was read in."""

import logging
import statistics
from collections import deque
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from anpr.reader.camera.sharpness import Look

log = logging.getLogger(__name__)

BLOCK_S = 600.0
"""Of this much time the median is kept."""
_LEAST_LOOKS = 20
_LEAST_BLOCKS = 3
"""Half an hour at a light before we know what is usual at it."""
_MAX_BLOCKS = 288
"""Two days of one light; some light comes only for an hour a day."""
_LIGHTS = 8
_REMEMBER = timedelta(days=7)

_Sharpness = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
_Level = Annotated[float, Field(ge=0, le=255, allow_inf_nan=False)]


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    bright: _Level
    sharpness: _Sharpness | None


class _Memory(BaseModel):
    """As it lies on disk."""

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
    seen: list[float]


class Usual:
    """Learned while the reader runs and kept in `path` beyond it; None keeps it in memory only."""

    def __init__(self, camera_id: str, path: Path | None = None) -> None:
        self._camera_id = camera_id
        self._path = path
        memory = _load(camera_id, path)
        self._blocks = [deque(blocks, maxlen=_MAX_BLOCKS) for blocks in memory.blocks]
        self._reads = dict(memory.reads)
        self._block: _Block | None = None
        self._is_told = False

    def sharpness(self, look: Look) -> float | None:
        """Upper quartile of what it was at this light and those beside it; None while it is too new to say."""
        light = _light(look)
        known = [one for near in self._blocks[max(0, light - 1) : light + 2] for one in near]
        return statistics.quantiles(known, n=4)[2] if len(known) >= _LEAST_BLOCKS else None

    def learn(self, look: Look, at_s: float) -> None:
        """A look with which nothing is wrong."""
        if look.sharpness is None:
            return
        light = _light(look)
        block = self._block
        # Light at the edge of two classes belongs to both: changing at each look it would never make a block.
        is_same = block is not None and abs(block.light - light) <= 1
        if block is None or not is_same or not 0 <= at_s - block.began_s < BLOCK_S:
            self._end_block()
            block = self._block = _Block(light=light, began_s=at_s, seen=[])
        block.seen.append(look.sharpness)

    def _end_block(self) -> None:
        block = self._block
        if block is not None and len(block.seen) >= _LEAST_LOOKS:
            self._blocks[block.light].append(round(statistics.median(block.seen), 5))
            self._save()

    def read(self, look: Look, when: datetime) -> None:
        """A plate was read in a picture like this one."""
        day = when.date()
        before = self._reads.get(day)
        self._reads = {each: read for each, read in self._reads.items() if when - _midnight(each, when) <= _REMEMBER}
        self._reads[day] = _Read(
            bright=min(look.bright, before.bright) if before else look.bright,
            sharpness=_least(look.sharpness, before.sharpness if before else None),
        )

    @property
    def darkest_read(self) -> float | None:
        """The least `bright` of the last days in which a plate was read."""
        return min((read.bright for read in self._reads.values()), default=None)

    @property
    def softest_read(self) -> float | None:
        """The least sharpness of the last days at which a plate was read."""
        return min((read.sharpness for read in self._reads.values() if read.sharpness is not None), default=None)

    def close(self) -> None:
        """Keep what was learned so far."""
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
            if not self._is_told:
                self._is_told = True
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


def _light(look: Look) -> int:
    return int(look.middle) * _LIGHTS // 256


def _midnight(day: date, like: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=like.tzinfo)


def _least(one: float | None, other: float | None) -> float | None:
    return min((each for each in (one, other) if each is not None), default=None)
