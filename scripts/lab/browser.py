# SPDX-License-Identifier: AGPL-3.0-or-later
"""Headless Chromium (Debian's package), as tests and scripts drive the console with it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, sync_playwright

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--mute-audio",
    "--autoplay-policy=document-user-activation-required",
]


def chromium_path() -> str | None:
    """The browser's program; None when it is not installed."""
    return shutil.which("chromium")


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """The browser, running."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def italian_context(browser: Browser, width: int = 1280, height: int = 900) -> BrowserContext:
    """A fresh profile of somebody in Italy; the window's size in px."""
    return browser.new_context(locale="it-IT", timezone_id="Europe/Rome", viewport={"width": width, "height": height})
