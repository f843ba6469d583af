# SPDX-License-Identifier: AGPL-3.0-or-later
"""Odd input: whatever is in an address or a form, it is no fault of the database and of nobody's code."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from anpr.domain.access import Role
from anpr.store.audit import AuditAction
from tests.integration.test_console_access import IDS
from tests.support.fixtures_console import WANTED, Site, token_in

ODD = ("a\0b", "\x1b[2J", "9" * 30, "-1", "²", "x" * 5000, "\u202e", "0001-01-01T00:00", "9999-12-31T23:59:59-23:59")
STREAMS = ("/alarms/stream", "/alarms/notices")


def parameters(site: Site) -> list[tuple[str, str, str, str]]:
    """Method, address, and where and how a parameter is called, of everything that a page takes."""
    found = []
    for context in iter_route_contexts(site.app.routes):
        if not isinstance(context.route, APIRoute):
            continue
        path = context.path or ""
        for where, name in sorted(set(_taken(context.route.dependant))):
            found += [(method, path, where, name) for method in context.methods or ()]
    return found


def _taken(dependant: Dependant) -> Iterator[tuple[str, str]]:
    yield from (("query", param.alias) for param in dependant.query_params)
    yield from (("path", param.alias) for param in dependant.path_params)
    yield from (("form", param.alias) for param in dependant.body_params)
    for needed in dependant.dependencies:
        yield from _taken(needed)


def ask(client: httpx.Client, method: str, path: str, where: str, name: str, value: str) -> httpx.Response:
    ids = {**IDS, name: quote(value, safe="")} if where == "path" else IDS
    for key, text in ids.items():
        path = path.replace("{" + key + "}", text)
    if where == "query":
        path = f"{path}?{name}={quote(value)}"
    if method == "GET":
        return client.get(path)
    form = {"outcome": "other", "language": "it", **({name: value} if where == "form" else {})}
    return client.post(path, data={"form_token": client.headers["X-Token"], **form})


@pytest.mark.timeout(900)
def test_no_parameter_of_any_page_brings_down_anything(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    client.headers["X-Token"] = token_in(client.get("/search").text)
    auditor = site.client(Role.AUDITOR)
    auditor.headers["X-Token"] = token_in(auditor.get("/audit").text)
    asked = [
        each for each in parameters(site) if each[1] not in STREAMS and not each[1].startswith(("/session", "/account"))
    ]
    assert len(asked) > 25
    broken: list[Any] = []
    for method, path, where, name in asked:
        if path in ("/logout", "/login"):
            continue
        by = auditor if path.startswith("/audit") else client
        for value in ODD:
            status = ask(by, method, path, where, name, value).status_code
            if status >= 500:
                broken.append((method, path, where, name, value[:20], status))
    assert broken == []


@pytest.mark.parametrize("field", ["user", "back"])
def test_before_the_login_odd_input_is_the_clients_fault_too(site: Site, field: str) -> None:
    client = site.stranger()
    form = {"form_token": token_in(client.get("/login").text), "user": "x", "password": "y" * 12, field: "a\0b"}
    assert client.post("/login", data=form).status_code == 400


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"reason": "furto\0"}, ["reason"]),
        ({"case": "a\x1bb"}, ["case"]),
        ({"gates": "a\0"}, ["gates"]),
        ({"plate": "AB\x07123"}, ["plate"]),
        ({"since": "0001-01-01T00:00"}, ["since"]),
        ({"until": "9999-12-31T23:59:59-23:59"}, ["until"]),
        ({"reason": "..."}, ["reason"]),
        ({"reason": "\u200b\u200b\u200b\u200b\u200b"}, ["reason"]),
        ({"case": "9" * 400}, ["case"]),
        ({"look_alike": "perhaps"}, ["form"]),
    ],
)
def test_a_search_that_is_refused_is_told_plainly_and_recorded(
    site: Site, fields: dict[str, str], refused: list[str]
) -> None:
    client = site.client(Role.INVESTIGATOR)
    answer = site.post(client, "/search", "/search", **{"plate": WANTED, "reason": "furto in via Roma", **fields})
    assert answer.status_code == 400
    assert "Banca dati" not in answer.text
    event = site.audit()[0].event
    assert (event.actor, event.action) == ("investigator", AuditAction.SEARCH_REFUSED)
    assert event.detail["refused"] == refused
    assert "\0" not in f"{event}"


def test_a_note_with_a_nul_is_refused_and_the_alarm_stays_open(site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    client = site.client(Role.OPERATOR)
    answer = site.post(client, f"/alarms/{alarm.id}/close", "/alarms", outcome="other", note="a\0b")
    assert answer.status_code == 400
