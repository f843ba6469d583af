# SPDX-License-Identifier: AGPL-3.0-or-later
"""Live alarms as a page receives them: at once, after an interruption, and only by those who may."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.alarm import AlarmOutcome
from anpr.store.alarms.handling import acknowledge, close_alarm
from anpr.store.database.connection import Connection
from anpr.store.users.accounts import demand_new_password, set_disabled, set_ends_on, set_organisation, set_role
from anpr.store.users.sessions import end_sessions_of
from tests.support.fixtures_console import WANTED, Site
from tests.support.organisations import EMPOLI
from tests.support.waiting import eventually


@dataclass
class Event:
    """One server-sent event."""

    name: str = ""
    id: str = ""
    data: str = ""


@contextmanager
def events(
    client: httpx.Client, path: str = "/alarms/stream?view=cards", name: str = "alarm", **headers: str
) -> Iterator[Iterator[Event]]:
    """The events of this name in a stream; the first one, `ready`, has been read."""
    with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        found = read_events(answer.iter_lines())
        assert next(found).name == "ready"
        yield (event for event in found if event.name == name)


def read_events(lines: Iterator[str]) -> Iterator[Event]:
    event = Event()
    for line in lines:
        field, _, value = line.partition(": ")
        if not line and event.name:
            yield event
        if not line:
            event = Event()
        elif field == "event":
            event.name = value
        elif field == "id":
            event.id = value
        elif field == "data":
            event.data += value + "\n"


def test_an_alarm_comes_to_all_open_pages(site: Site) -> None:
    with events(site.client(Role.OPERATOR)) as one, events(site.client(Role.INVESTIGATOR)) as two:
        eventually(lambda: site.console.live.pages == 2)
        alarm = site.alarm_of(site.pass_another())
        for stream in (one, two):
            event = next(stream)
            assert (event.name, event.id) == ("alarm", str(alarm.id))
            assert WANTED in event.data
            assert 'data-state="raised"' in event.data
            assert "Porta Nord" in event.data
    eventually(lambda: site.console.live.pages == 0)


def test_only_operators_get_buttons(site: Site) -> None:
    with events(site.client(Role.OPERATOR)) as operator, events(site.client(Role.INVESTIGATOR)) as investigator:
        site.pass_another()
        assert "form_token" in next(operator).data
        assert "form_token" not in next(investigator).data


def test_what_somebody_else_does_comes_too(site: Site) -> None:
    with events(site.client(Role.OPERATOR)) as stream:
        alarm = site.alarm_of(site.pass_another())
        assert 'data-state="raised"' in next(stream).data
        with site.database.transaction() as conn:
            acknowledge(conn, alarm.id, "another", site.clock.now())
        assert "In carico a another" in next(stream).data
        with site.database.transaction() as conn:
            close_alarm(conn, alarm.id, "another", site.clock.now(), AlarmOutcome.STOPPED)
        assert "Veicolo fermato" in next(stream).data


def test_a_page_that_comes_back_gets_what_it_missed_and_what_has_changed(site: Site) -> None:
    first, second, third = (site.alarm_of(site.pass_another()) for _ in range(3))
    with site.database.transaction() as conn:
        acknowledge(conn, first.id, "another", site.clock.now())
    client = site.client(Role.OPERATOR)
    with events(client, **{"Last-Event-ID": str(second.id)}) as stream:
        got = [next(stream) for _ in range(3)]
    assert all(
        f'data-alarm="{alarm.id}"' in event.data for alarm, event in zip((first, second, third), got, strict=True)
    )
    assert 'data-state="acknowledged"' in got[0].data
    assert [event.id for event in got] == [str(second.id), str(second.id), str(third.id)], "ids never go back"


def test_a_new_page_gets_only_what_came_after_it_was_made(site: Site) -> None:
    first, second = (site.alarm_of(site.pass_another()) for _ in range(2))
    with events(site.client(Role.OPERATOR), f"/alarms/stream?view=cards&after={first.id}") as stream:
        assert f'data-alarm="{second.id}"' in next(stream).data


def test_an_event_id_that_is_none_is_ignored(site: Site) -> None:
    alarm = site.alarm_of(site.pass_another())
    with events(site.client(Role.OPERATOR), **{"Last-Event-ID": "9" * 40}) as stream:
        assert next(stream).id == str(alarm.id)


def test_who_may_not_see_alarms_gets_no_stream(site: Site) -> None:
    accept = {"Accept": "text/event-stream"}
    assert site.stranger().get("/alarms/stream", headers=accept).status_code == 401
    assert site.client(Role.ADMINISTRATOR).get("/alarms/stream", headers=accept).status_code == 403


def test_a_stream_ends_when_its_user_is_disabled(site: Site) -> None:
    with events(site.client(Role.OPERATOR)) as stream:
        site.pass_another()
        assert WANTED in next(stream).data, "what the page missed was read: what comes now comes live"
        with site.database.transaction() as conn:
            set_disabled(conn, "operator", True)
        site.clock.ahead += timedelta(seconds=60)
        site.pass_another()
        assert list(stream) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda conn: set_role(conn, "operator", Role.ADMINISTRATOR),
        lambda conn: set_role(conn, "operator", Role.INVESTIGATOR),  # its cards have forms of an operator
        lambda conn: set_organisation(conn, "operator", EMPOLI.id),
        lambda conn: demand_new_password(conn, "operator"),
        lambda conn: set_ends_on(conn, "operator", date(2020, 1, 1)),
        lambda conn: end_sessions_of(conn, "operator"),
    ],
    ids=["no-right", "other-right", "other-organisation", "password-first", "last-day", "session-ended"],
)
def test_a_stream_ends_when_what_its_user_may_see_changes(shared: Site, change: Callable[[Connection], object]) -> None:
    with events(shared.client(Role.OPERATOR)) as stream:
        assert WANTED in next(stream).data
        shared.pass_another()
        assert next(stream).name == "alarm", "what the page missed was read: what comes now comes live"
        with shared.database.transaction() as conn:
            change(conn)
        shared.clock.ahead += timedelta(seconds=60)
        shared.pass_another()
        assert list(stream) == []


def test_when_the_database_goes_streams_end_and_new_ones_are_refused(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    with events(client) as stream:
        with site.database.connect(autocommit=True) as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
            )
        assert list(stream) == []
    # The feed comes back by itself, and what was raised meanwhile is in the table.
    alarm = site.alarm_of(site.pass_another())
    eventually(lambda: site.console.live.is_up)
    with events(client, **{"Last-Event-ID": str(alarm.id - 1)}) as stream:
        assert f'data-alarm="{alarm.id}"' in next(stream).data


def test_an_alarm_whose_notification_was_lost_is_found_by_the_sweep(site: Site) -> None:
    with events(site.client(Role.OPERATOR)) as stream:
        # As if NOTIFY had never been sent: the alarm is stored by a session that does not notify.
        with site.database.transaction() as conn:
            conn.execute(
                "WITH raised AS (INSERT INTO alarms (vehicle, organisation_id, kind, priority, raised_at,"
                " first_seen_at, last_seen_at) VALUES ('AB123CD', 'manager', 'local', 'low', now(), now(), now())"
                " RETURNING id) INSERT INTO sightings (alarm_id, transit_id, captured_at, raised_at, gate_id,"
                " camera_id, plate, entry_id, entry_plate, watchlist_id, reason, priority, probability)"
                " SELECT id, gen_random_uuid(), now(), now(),"
                " 'ponte', 'c', 'AB123CD', 1, 'AB123CD', 'a1', 'trovato', 'low', 1 FROM raised"
            )
        assert "trovato" in next(stream).data


def test_stopping_the_console_ends_open_streams(site: Site) -> None:
    with events(site.client(Role.OPERATOR)) as stream:
        site.console.live.end_pages()
        assert list(stream) == []


def test_the_true_counts_come_after_each_change(site: Site) -> None:
    site.pass_another()
    with events(site.client(Role.OPERATOR), name="tally") as stream:
        tallies = (json.loads(event.data) for event in stream)
        assert next(tally for tally in tallies if tally["open"])["to_take"] == 1
        alarm = site.alarm_of(site.pass_another())
        assert next(tally for tally in tallies if tally["open"] == 2)["raised"]["high"] == 2
        with site.database.transaction() as conn:
            acknowledge(conn, alarm.id, "another", site.clock.now())
        taken = next(tally for tally in tallies if tally["to_take"] == 1)
        assert (taken["open"], taken["acknowledged"]["high"]) == (2, 1)


def test_other_pages_get_a_line_for_each_alarm_and_no_card(site: Site) -> None:
    with events(site.client(Role.INVESTIGATOR), "/alarms/notices", "notice") as stream:
        alarm = site.alarm_of(site.pass_another())
        event = next(stream)
        assert event.id == str(alarm.id)
        assert json.loads(event.data) == {
            "id": alarm.id, "state": "raised", "priority": "high", "retro": False, "plate": WANTED,
            "gate": "Porta Nord", "by": None, "seen": 1, "sound": "normal", "louder_at": [],
        }  # fmt: skip
        with site.database.transaction() as conn:
            acknowledge(conn, alarm.id, "another", site.clock.now())
        assert json.loads(next(stream).data)["by"] == "another"


def test_notices_begin_now_or_where_the_last_page_ended(site: Site) -> None:
    first, second = (site.alarm_of(site.pass_another()) for _ in range(2))
    client = site.client(Role.OPERATOR)
    with events(client, f"/alarms/notices?after={first.id}", "notice") as stream:
        assert json.loads(next(stream).data)["id"] == second.id
    with events(client, "/alarms/notices", "notice") as stream:
        third = site.alarm_of(site.pass_another())
        assert json.loads(next(stream).data)["id"] == third.id


def test_events_are_not_held_back_by_compression(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    for path in ("/alarms/stream", "/alarms/notices"):
        with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
            assert "content-encoding" not in answer.headers
            assert next(read_events(answer.iter_lines())).name == "ready", "at once, although the stream goes on"
