# SPDX-License-Identifier: AGPL-3.0-or-later
"""Closed sets of reasons and outcomes: the label values of metrics, on which a dashboard can rely."""

from enum import StrEnum


class Drop(StrEnum):
    """Why something that was seen did not become a transit, a frame or a row."""

    FRAME_LATE = "frame-late"
    FRAME_DAMAGED = "frame-damaged"
    PLATE_TOO_SMALL = "plate-too-small"
    PLATE_LOW_SCORE = "plate-low-score"
    PLATE_SHAPE = "plate-shape"
    PLATE_TWICE = "plate-twice"
    PLATE_OUTSIDE_REGION = "plate-outside-region"
    PLATE_MASKED = "plate-masked"
    PLATE_NO_TEXT = "plate-no-text"
    READ_LOW_CONFIDENCE = "read-low-confidence"
    READ_WORD = "read-word"
    TRACK_TOO_FEW_READS = "track-too-few-reads"
    TRACK_LOW_CONFIDENCE = "track-low-confidence"
    TRACK_NOT_A_PLATE = "track-not-a-plate"
    TRACK_SEEN_BEFORE = "track-seen-before"
    OUTBOX_FULL = "outbox-full"
    OUTBOX_REFUSED = "outbox-refused"
    IMAGE_QUOTA = "image-quota"
    IMAGE_AGE = "image-age"
    TRANSIT_AGE = "transit-age"


class Cause(StrEnum):
    """Why a plate that is followed became a transit at that moment."""

    SETTLED = "settled"
    """Its vote had settled, and no better image was worth the wait."""
    LEAVING = "leaving"
    """Its vote had settled, and it was about to leave the image."""
    STANDS = "stands"
    """It was not read better for seconds."""
    LOST = "lost"
    """It was not seen any more."""
    ENDED = "ended"
    """No frame comes any more."""


class DelayStep(StrEnum):
    """What a live transit waits for, from the frame that its image shows until it lies in the outbox."""

    SETTLING = "settling"
    """From the plate's first frame until its vote had settled. It overlaps the next one."""
    BETTER_IMAGE = "better-image"
    """From the frame that the transit shows until the one with which it was decided."""
    EXAMINED = "examined"
    """Until that frame's turn had come, it was examined, and the images were made."""
    KEPT = "kept"
    """Until the outbox had it on the disk."""


class Asked(StrEnum):
    """Outcome of a second opinion on a transit."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    LATE = "late"
    FAILED = "failed"


class MatchedBy(StrEnum):
    """Where a transit was compared with the watchlists: in memory, or in the database while memory is behind."""

    MEMORY = "memory"
    DATABASE = "database"


class ListReload(StrEnum):
    """How the watchlists were loaded into memory: all entries, or those that changed."""

    ALL = "all"
    CHANGES = "changes"


class RetroOutcome(StrEnum):
    """Outcome of a transit that retro-match found: an alarm, or none because there were too many."""

    RAISED = "raised"
    HELD_BACK = "held-back"
