# SPDX-License-Identifier: AGPL-3.0-or-later
"""An operator's hand on the alarm board while alarms come: types a note, rests the pointer on a button, then clicks.

A click is wrong when it takes another alarm than the one that the pointer was put on. A letter is lost when it is typed
and not in the note.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

ALARMS_BEFORE = 40
"""On the board before the hand begins: one to write about, the others to click on."""

_PER_CLICK = 20
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MOST_LETTERS = 500
_COUNT_CLICKS = """() => {
    window.clicked = [];
    const note = (event) => window.clicked.push(event.target.closest("[data-alarm]")?.dataset.alarm || "");
    document.addEventListener("click", note, true);
}"""

Arrive = Callable[[int], None]
"""So many alarms are raised, in transactions of their own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HandFigures:
    """What became of the hand's work. `moved_px`: the most that the note moved on the screen while it was written."""

    arrivals: int
    letters: int
    lost_letters: int
    clicks: int
    wrong_clicks: int
    moved_px: float


def work_while_alarms_come(page: Page, arrive: Arrive, arrivals: int) -> HandFigures:
    """Half of the arrivals come under an open form, half under a resting pointer. The board is open and live, and has
    ALARMS_BEFORE cards of alarms that nobody has taken."""
    page.evaluate(_COUNT_CLICKS)
    under_form = arrivals // 2
    letters, lost, moved = _type(page, arrive, under_form)
    clicks, wrong = _click(page, arrive, arrivals - under_form)
    return HandFigures(
        arrivals=arrivals, letters=letters, lost_letters=lost, clicks=clicks, wrong_clicks=wrong, moved_px=moved
    )


def _type(page: Page, arrive: Arrive, arrivals: int) -> tuple[int, int, float]:
    """A letter after each arrival; returns letters, lost ones, and how far the note moved in px."""
    card = page.locator("#alarms > [data-alarm]").first
    card.locator("details.closing > summary").click()
    note = card.locator("[data-close] textarea")
    note.click()
    before = _top(note)
    moved, typed = 0.0, ""
    for number in range(arrivals):
        arrive(1)
        if len(typed) < _MOST_LETTERS:
            page.keyboard.press(_LETTERS[number % len(_LETTERS)])
            typed += _LETTERS[number % len(_LETTERS)]
        moved = max(moved, abs(_top(note) - before))
    kept = note.input_value()
    same = sum(one == other for one, other in zip(typed, kept, strict=False))
    card.locator("details.closing > summary").click()
    return len(typed), len(typed) - same, moved


def _click(page: Page, arrive: Arrive, arrivals: int) -> tuple[int, int]:
    """The pointer is put on a button, alarms come, the button is pressed; returns clicks and wrong ones."""
    clicks = wrong = 0
    for come in [_PER_CLICK] * (arrivals // _PER_CLICK) + [arrivals % _PER_CLICK] * (arrivals % _PER_CLICK > 0):
        card = page.locator('#alarms > [data-alarm][data-state="raised"]').nth(1)
        aimed_at = card.get_attribute("data-alarm")
        card.locator("[data-take] button").hover()
        arrive(come)
        page.mouse.down()
        page.mouse.up()
        clicks += 1
        wrong += page.evaluate("window.clicked.at(-1)") != aimed_at
        page.locator(f'#alarm-{aimed_at}:not([data-state="raised"])').wait_for()
    return clicks, wrong


def _top(element: Locator) -> float:
    box = element.bounding_box()
    return box["y"] if box else float("inf")
