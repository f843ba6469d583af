"""How a state that is not all well is told: not looking at all is one thing, to see little another."""

from anpr.domain.health import CLOCK_SKEWED, DEGRADED_VIEW, DISK_FULL

_MANNERS = {**dict.fromkeys(DEGRADED_VIEW, "poor"), DISK_FULL: "full", CLOCK_SKEWED: "clock_gap"}


def manner(state: str) -> str:
    """The message key of an interval in this state; of one that a newer reader may send too."""
    return _MANNERS.get(state, "gap")
