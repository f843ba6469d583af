"""How a state that is not all well is told: not looking at all is one thing, to see little another."""

from anpr.domain.health import CLOCK_SKEWED, DISK_FULL, POOR_SIGHT

_MANNERS = {**dict.fromkeys(POOR_SIGHT, "poor"), DISK_FULL: "full", CLOCK_SKEWED: "clock_gap"}


def manner(state: str) -> str:
    """The message key of an interval in this state; of one that a newer reader may send too."""
    return _MANNERS.get(state, "gap")
