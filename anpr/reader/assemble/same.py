"""Whether two verdicts speak of one vehicle. Pure."""

from anpr.domain.plate import look_alike_key
from anpr.domain.similarity import edit_distance, is_part
from anpr.reader.assemble.vote import Verdict

_SURE = 0.9
"""Two plates one character apart, each at least this sure, are two vehicles: fleets are registered in a row."""
_PART, _SURE_PART = 3, 4
"""Characters of a part, the second when it is read for sure: three may be the whole plate of somebody else."""
_SHARED = 0.1
"""Probability the candidates must have in common for a doubtful pair to be one."""


def same_vehicle(a: Verdict, b: Verdict) -> bool:
    """The same plate, a look-alike of it, a part of it, or one edit away and not both of them sure."""
    if look_alike_key(a.plate) == look_alike_key(b.plate) or _is_fragment(a, b):
        return True
    if min(a.confidence, b.confidence) < _SURE and edit_distance(a.plate, b.plate) <= 1:
        return True
    return sum(min(c.probability, b.probability_of(c.text)) for c in a.candidates) >= _SHARED


def _is_fragment(a: Verdict, b: Verdict) -> bool:
    """Whether one is a part of the other: half a plate behind a pillar, or one line of two, reads well enough."""
    sure = min(a.confidence, b.confidence) >= _SURE
    return is_part(a.plate, b.plate, _SURE_PART if sure else _PART)
