# SPDX-License-Identifier: AGPL-3.0-or-later
"""The patrol's service worker in a real browser: what it shows of a push message, and where a touch on it leads."""

import json
from collections.abc import Mapping
from itertools import count

import pytest
from playwright.sync_api import CDPSession, Page, Worker, expect

from tests.acceptance.test_console_patrol_browser import patrol
from tests.support.fixtures_console import Site
from tests.support.waiting import eventually

# Chromium was seen never to answer (null), and to take a message without showing it.
SHOWN = """() => Promise.race([
    new Promise((resolve) => { setTimeout(() => resolve(null), 5000); }),
    navigator.serviceWorker.ready.then((ready) => ready.getNotifications()).then((shown) => shown.map(
        ({ title, body, tag, requireInteraction, data }) => ({ title, body, tag, requireInteraction, data }))),
])"""
TRIES = 20
"""Looks after which a message that is not shown is sent again."""
# A touch by hand may open and focus windows; one that is made here may not, so the worker's ways out are noted.
NOTE = """() => {
    self.noted = [];
    self.clients.openWindow = async (url) => self.noted.push(["open", new URL(url).pathname + new URL(url).search]);
    WindowClient.prototype.focus = async function () { self.noted.push(["focus"]); return this; };
    WindowClient.prototype.navigate = async function (url) {
        self.noted.push(["go", new URL(url).pathname + new URL(url).search]);
    };
}"""
TOUCH = """async () => {
    const none = new Promise((resolve) => { setTimeout(() => resolve([]), 5000); });
    const [notification] = await Promise.race([none, self.registration.getNotifications()]);
    if (!notification) {
        return null;
    }
    const waits = [];
    const event = new NotificationEvent("notificationclick", { notification });
    event.waitUntil = (promise) => waits.push(promise);
    self.dispatchEvent(event);
    await Promise.all(waits);
    return self.noted;
}"""


class Phone:
    """A page whose browser takes push messages from the test instead of a push service."""

    def __init__(self, page: Page, site: Site) -> None:
        page.context.grant_permissions(["notifications"], origin=site.url)
        self.page = page
        self._origin = site.url
        self._registrations: list[str] = []
        self._last = ""
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.on("ServiceWorker.workerRegistrationUpdated", self._registered)
        self._session.send("ServiceWorker.enable")
        patrol(page, site)
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")

    def _registered(self, told: Mapping[str, list[Mapping[str, str]]]) -> None:
        """The browser tells of all that it knows, also of those of tests before this one."""
        ours = [each for each in told["registrations"] if each["scopeURL"].startswith(self._origin)]
        self._registrations += [each["registrationId"] for each in ours]

    @property
    def worker(self) -> Worker:
        """The service worker."""
        (worker,) = self.page.context.service_workers
        return worker

    def push(self, data: str) -> None:
        """A message arrives."""
        self._last = data
        eventually(lambda: bool(self._registrations))
        message = {"origin": self._origin, "registrationId": self._registrations[-1], "data": data}
        self._session.send("ServiceWorker.deliverPushMessage", message)

    def notices(self, number: int) -> list[dict[str, object]]:
        """What is shown, once there are so many. The browser is helped on where it hangs, as a push service would."""
        tries = count(1)

        def are_all() -> list[list[dict[str, object]]]:
            shown = self._shown()
            if len(shown) == number:
                return [shown]
            if len(shown) < number and next(tries) % TRIES == 0:
                self.push(self._last)
            return []

        return eventually(are_all)[0]

    def _shown(self) -> list[dict[str, object]]:
        shown: list[dict[str, object]] | None = self.page.evaluate(SHOWN)
        if shown is None:
            self.page.reload()
        return shown or []


def touched(worker: Worker) -> object:
    """Where the worker leads whoever touches the notice."""
    ways: list[object] = []

    def is_done() -> bool:
        ways[:] = [worker.evaluate(TOUCH)]
        return ways != [None]

    eventually(is_done)
    return ways[0]


@pytest.fixture
def phone(page: Page, site: Site) -> Phone:
    return Phone(page, site)


def alarm(**changes: object) -> str:
    told = {
        "alarm": 7, "kind": "stolen", "priority": "high", "gate_name": "Porta Nord", "at": "2026-11-21T08:05:00+00:00",
        "escalated": False, "test": False, "path": "/patrol?alarm=7",
    }  # fmt: skip
    return json.dumps({**told, **changes})


def test_a_message_is_shown_with_what_happened_and_where_and_no_plate(phone: Phone) -> None:
    phone.push(alarm())
    [shown] = phone.notices(1)
    assert shown["tag"] == "alarm-7"
    assert shown["requireInteraction"] is True
    assert "alta" in str(shown["title"])
    assert "Porta Nord, 09:05" in str(shown["body"])
    phone.push(alarm(escalated=True))
    eventually(lambda: "Nessuno l'ha ancora preso in carico" in str(phone.notices(1)[0]["body"]))
    phone.push(alarm(alarm=8, priority="low"))
    assert {(each["tag"], each["requireInteraction"]) for each in phone.notices(2)} == {
        ("alarm-7", True), ("alarm-8", False),
    }  # fmt: skip


@pytest.mark.parametrize("data", ["", "no JSON", "{}"])
def test_a_message_that_says_nothing_is_shown_all_the_same(phone: Phone, data: str) -> None:
    phone.push(data)
    [shown] = phone.notices(1)
    assert shown["title"]
    assert shown["data"] == "/patrol"
    assert "Invalid" not in str(shown["body"])
    assert "undefined" not in str(shown["title"]) + str(shown["tag"])


@pytest.mark.parametrize(("path", "target"), [
    ("/patrol?alarm=7", "/patrol?alarm=7"), ("https://evil.example/patrol", "/patrol"), ("/users", "/patrol"),
])  # fmt: skip
def test_a_touch_leads_to_the_patrols_page_and_nowhere_else(phone: Phone, path: str, target: str) -> None:
    phone.push(alarm(path=path))
    phone.notices(1)
    phone.worker.evaluate(NOTE)
    assert touched(phone.worker) == [["focus"], ["go", target]]
    assert phone.notices(0) == []


def test_a_touch_opens_the_page_where_there_is_none(phone: Phone, site: Site) -> None:
    phone.push(alarm())
    phone.notices(1)
    phone.worker.evaluate(NOTE)
    worker = phone.worker
    phone.page.goto(f"{site.url}/account")
    expect(phone.page.locator("h1")).to_be_visible()
    assert touched(worker) == [["open", "/patrol?alarm=7"]]
