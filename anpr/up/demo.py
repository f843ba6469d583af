# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo: drawn streets as real RTSP cameras, a watchlist with one of their cars on it, a simulated office that
receives what is forwarded.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from anpr.demo.clips import ensure_clips
from anpr.demo.rtsp import RtspServer
from anpr.domain.watchlist import Priority, Watchlist
from anpr.listfiles.reading import read_bytes, read_list_file
from anpr.runtime.clock import Clock
from anpr.settings import load_settings, resource_path
from anpr.settings.yaml_file import read_yaml
from anpr.simulator.centre import SimulatedCentre
from anpr.simulator.places import LOOPBACK, PORTS
from anpr.simulator.run import CentreOptions, simulated_centre
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author, act_as
from anpr.store.database.connection import Connection
from anpr.store.watchlists.entries import ImportMode, import_entries
from anpr.store.watchlists.lists import find_watchlist, save_watchlist
from anpr.up.deployment import FIRST_USERS, Deployment, Echo
from anpr.up.ports import free_port
from anpr.up.province import FIRST_USERS as FIRST_USERS_OF_OTHERS
from anpr.up.province import prepare_province

WATCHLIST = Watchlist(
    id="demo",
    name="Lista dimostrativa",
    priority=Priority.HIGH,
    purpose="DIMOSTRAZIONE: strade, veicoli e targhe sono disegnati; nessun dato personale",
    legal_basis="DIMOSTRAZIONE: nessuna; per una lista vera, la norma o il provvedimento che la prevede",
)


class Demo(StrEnum):
    """Which demo: one TOWN, or a PROVINCE of several organisations with agreements between them."""

    TOWN = "town"
    PROVINCE = "province"


_TEMPLATES = {Demo.TOWN: "demo.yaml", Demo.PROVINCE: "demo-province.yaml"}


@contextmanager
def demo_deployment(clock: Clock, echo: Echo, which: Demo = Demo.TOWN) -> Iterator[Deployment]:
    """A deployment whose cameras are drawn streets, served for as long as the context lasts."""
    template = resource_path("config", _TEMPLATES[which])
    data_dir = load_settings(template).settings.data_dir
    clips = data_dir / "clips"
    ensure_clips(clips, echo)
    with (
        RtspServer(clips, port=free_port("127.0.0.1", 18554)) as server,
        simulated_centre(_office_of(data_dir), clock) as office,
    ):
        settings_file = _write_settings(template, data_dir / "settings.yaml", server, office)
        settings = load_settings(settings_file).settings

        def prepare(conn: Connection) -> None:
            import_demo_watchlist(conn, clock)
            if which is Demo.PROVINCE:
                prepare_province(conn, settings, WATCHLIST.id, clock)

        others = FIRST_USERS_OF_OTHERS if which is Demo.PROVINCE else ()
        yield Deployment(
            settings=settings,
            settings_file=settings_file,
            prepare=prepare,
            first_users=(*FIRST_USERS, *others),
            notes=(f"  forwards  to a simulated office; what it gets: {office.page}",),
        )


def _office_of(data_dir: Path) -> CentreOptions:
    """One that takes files over HTTPS only: the demo starts no SSH server that nobody uses."""
    ports = {name: free_port(LOOPBACK, PORTS[name]) for name in ("page", "https")}
    return CentreOptions(folder=data_dir / "simulator", protocols=("https",), ports=ports)


def import_demo_watchlist(conn: Connection, clock: Clock) -> None:
    """Import the shipped demo watchlist; a change gets its row in the audit, as for every list.

    One that somebody has made to demand a second person stays as it is.
    """
    there = find_watchlist(conn, WATCHLIST.id)
    if there is not None and there.second_person:
        return
    path = resource_path("config", "watchlist-demo.csv")
    act_as(conn, Author(name="anpr up", at=clock.now()))
    save_watchlist(conn, WATCHLIST)
    result = import_entries(
        conn, WATCHLIST.id, read_list_file(path.name, read_bytes(path), UTC).entries, ImportMode.REPLACE
    )
    if result.added or result.changed or result.removed:
        event = AuditEvent(
            actor="anpr up",
            action=AuditAction.WATCHLIST_IMPORTED,
            at=clock.now(),
            reason="dimostrazione",
            detail={"watchlist": WATCHLIST.id, "file": path.name, "added": result.added},
        )
        append(conn, event)


def _write_settings(template: Path, target: Path, server: RtspServer, office: SimulatedCentre) -> Path:
    """Write the shipped settings with the real addresses and folders."""
    tree = read_yaml(template)
    tree["data_dir"] = str(target.parent)
    for destination in tree["forwarding"]:
        destination["target"] = dict(office.targets["https"])
    for gate in tree["gates"]:
        for camera in gate["cameras"]:
            camera["url"] = server.url(urlsplit(camera["url"]).path.lstrip("/"))
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yaml.safe_dump(tree, file, allow_unicode=True, sort_keys=False)
    return target
