"""Every state has words for the time it lasted and for now."""

import pytest

from anpr.console.rendering.state_message import manner
from anpr.console.rendering.translations import load_catalogues
from anpr.domain.health import STATES


@pytest.mark.parametrize("state", [*STATES, "a-state-of-a-newer-reader"])
def test_every_state_is_told_in_a_sentence(state: str) -> None:
    for catalogue in load_catalogues().values():
        values = {"subject": "S", "state": state, "since": "10:00"}
        assert "10:00" in catalogue(f"health.{manner(state)}_open", **values)
        assert "11:00" in catalogue(f"health.{manner(state)}", **values, until="11:00")


def test_poor_sight_is_not_told_as_no_sight() -> None:
    assert {manner(state) for state in ("blurred", "dark")} == {"poor"}
    assert {manner(state) for state in ("frozen", "unreachable", "away", "stopped")} == {"gap"}
