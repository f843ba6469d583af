# SPDX-License-Identifier: AGPL-3.0-or-later
"""Acceptance rules: whether a track becomes a transit, and the reason when it does not."""

from anpr.domain.grammar.rerank import fits_a_format
from anpr.domain.reasons import Drop
from anpr.reader.assemble.motion import Trajectory
from anpr.reader.assemble.vote import Verdict
from anpr.settings import AssembleSettings

_SHORTEST = 4
"""Characters of a plate whose format is not known; shorter texts are stickers and parts of road signs."""

_FEW = 2
"""Reads that voted: so few in five seconds are a guess."""
_FAR_PX = 60.0
_SURE = 0.95
"""Confidence of plates never wider than that, or read so few times. Of them the vote is too sure, for all errors are
alike: the wrong transits that real clips made came to .80, .84, .89, .89 and .91, and no right one did."""


def judge(verdict: Verdict | None, trajectory: Trajectory, widest_px: float, settings: AssembleSettings) -> Drop | None:
    """Why the track is no transit; None when it is one. `widest_px` is the greatest width (px) at which it was read."""
    if verdict is None or verdict.reads < settings.min_reads:
        return Drop.TRACK_TOO_FEW_READS
    if not _could_be_a_plate(verdict, trajectory):
        return Drop.TRACK_NOT_A_PLATE
    if widest_px < settings.min_plate_width_px:
        return Drop.PLATE_TOO_SMALL
    wanted = _SURE if widest_px < _FAR_PX or verdict.reads <= _FEW else 0.0
    if verdict.confidence < max(settings.min_confidence, wanted):
        return Drop.TRACK_LOW_CONFIDENCE
    return None


def _could_be_a_plate(verdict: Verdict, trajectory: Trajectory) -> bool:
    """Every plate we know of carries a digit; a text of no known format must at least move.

    Text burnt into the image (camera name, date) stays where it is. A vehicle that stands in view from its first
    frame to its last is kept when its plate has the format of a country.
    """
    if not any(character.isdigit() for character in verdict.plate):
        return False
    if fits_a_format(verdict.plate):
        return True
    return len(verdict.plate) >= _SHORTEST and not verdict.plate.isdigit() and not trajectory.is_still
