"""Whether two verdicts speak of one vehicle. Pure."""

from anpr.domain.plate import look_alike_key
from anpr.reader.assemble.text import edit_distance, is_part
from anpr.reader.assemble.vote import Verdict

_SURE = 0.9
"""Two plates one character apart, each at least this sure, are two vehicles: fleets are registered in a row."""
_SHARED = 0.1
"""Probability the candidates must have in common for a doubtful pair to be one."""


def same_vehicle(a: Verdict, b: Verdict) -> bool:
    """The same plate, a look-alike of it, a part of it, or one edit away and not both of them sure."""
    if look_alike_key(a.plate) == look_alike_key(b.plate):
        return True
    if min(a.confidence, b.confidence) < _SURE and (edit_distance(a.plate, b.plate) <= 1 or is_part(a.plate, b.plate)):
        return True
    return sum(min(c.probability, b.probability_of(c.text)) for c in a.candidates) >= _SHARED
