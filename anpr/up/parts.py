# SPDX-License-Identifier: AGPL-3.0-or-later
"""The processes of `anpr up`: which verb each calls, when it is wanted, and in which order they start and stop.

Parts start in the order of PARTS and stop in the opposite one, so that whoever feeds others starts last and stops
first. To add a process, add a row: where transits come from at the end, what reads them before that.
"""

from collections.abc import Callable
from dataclasses import dataclass

from anpr.domain.errors import SettingsError
from anpr.settings import Settings
from anpr.store.embedded.roles import CentreRole, role_url

MAX_PORT = 65535
DATABASE_VARIABLES = ("DATABASE_URL", "DATABASE_URL_FILE", "ANPR_DATABASE__URL")
"""They hold a password, perhaps: a part that uses no database inherits none of them."""


def _always(_settings: Settings) -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One process of `anpr up`."""

    name: str
    arguments: tuple[str, ...]
    """Those of `anpr`: the verb and its options."""
    port_offset: int
    """Its metrics answer on `metrics_port` plus this. Never changed: Prometheus' configuration rests on it."""
    is_wanted: Callable[[Settings], bool] = _always
    database_role: CentreRole | None = None
    """The rights with which it uses the database; None: it uses none."""
    fills_outbox: bool = False
    """Whether it makes transits. When all that do have stopped, what is left in the outbox is stored before the others
    stop."""


PARTS = (
    Part(name="console", arguments=("console",), port_offset=2, database_role=CentreRole.CONSOLE),
    Part(
        name="forward",
        arguments=("forward", "serve"),
        port_offset=3,
        database_role=CentreRole.FORWARD,
        is_wanted=lambda settings: bool(settings.forwarding or settings.alarm_forwarding),
    ),
    Part(name="notify", arguments=("notify", "serve"), port_offset=4, database_role=CentreRole.NOTIFY),
    Part(name="ingest", arguments=("ingest", "--json"), port_offset=1, database_role=CentreRole.INGEST),
    Part(name="reader", arguments=("reader", "--json"), port_offset=0, fills_outbox=True),
)


def wanted_parts(settings: Settings) -> list[Part]:
    """The parts that these settings call for, in the order in which they start."""
    return [part for part in PARTS if part.is_wanted(settings)]


def metrics_environment(part: Part, metrics_port: int | None) -> dict[str, str]:
    """The environment that gives the part a port of its own for its metrics; empty when `metrics_port` is None.

    Raises SettingsError when not every part's port is below 65536.
    """
    if metrics_port is None:
        return {}
    if metrics_port + max(each.port_offset for each in PARTS) > MAX_PORT:
        names = ", ".join(each.name for each in sorted(PARTS, key=lambda each: each.port_offset))
        raise SettingsError(f"metrics_port: {metrics_port} leaves no port for each of {names}")
    return {"ANPR_METRICS_PORT": str(metrics_port + part.port_offset)}


def database_environment(part: Part, settings: Settings, url: str) -> dict[str, str]:
    """The environment that tells the part the database at `url`: an embedded one by the login of the part's role.

    The login of a server of one's own is the one that the settings name, for every part. Empty for a part without.
    """
    if part.database_role is None:
        return {}
    return {"DATABASE_URL": role_url(url, part.database_role) if settings.database.url is None else url}
