# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks of passwords: a few at once, and no line behind them."""

import asyncio
import threading

import pytest

from anpr.console.auth.password_checks import PasswordChecks, PasswordsBusyError


def test_who_finds_no_place_is_told_so_and_the_next_one_is_served() -> None:
    async def crowd() -> tuple[int, int]:
        checks, go_on = PasswordChecks(at_once=2, wait_s=0.05), threading.Event()
        running = [asyncio.create_task(checks.run(lambda: go_on.wait(30))) for _ in range(2)]
        await asyncio.sleep(0)
        late = await asyncio.gather(*(checks.run(lambda: True) for _ in range(50)), return_exceptions=True)
        go_on.set()
        assert await asyncio.gather(*running) == [True, True]
        assert await checks.run(lambda: 7) == 7
        checks.close()
        return len(late), sum(isinstance(each, PasswordsBusyError) for each in late)

    assert asyncio.run(crowd()) == (50, 50)


def test_a_check_whose_client_has_gone_keeps_its_place_until_it_is_done() -> None:
    async def leave() -> None:
        checks, go_on = PasswordChecks(at_once=1, wait_s=0.05), threading.Event()
        running = asyncio.create_task(checks.run(lambda: go_on.wait(30)))
        await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        with pytest.raises(PasswordsBusyError):
            await checks.run(lambda: True)
        go_on.set()
        while True:
            try:
                assert await checks.run(lambda: True)
                break
            except PasswordsBusyError:
                continue
        checks.close()

    asyncio.run(asyncio.wait_for(leave(), 30))


def test_what_the_check_raises_is_raised() -> None:
    async def fail() -> None:
        checks = PasswordChecks()
        with pytest.raises(ValueError, match="no"):
            await checks.run(lambda: int("no"))
        checks.close()

    asyncio.run(fail())
