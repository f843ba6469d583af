# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulated centre from start to end: keys, servers, page; all of it lasts as long as its context."""

import importlib
import importlib.util
import logging
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from types import MappingProxyType

from anpr.domain.errors import InputError
from anpr.forward.profile.load import load_profile
from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.simulator.behaviour import Behaviour
from anpr.simulator.centre import SimulatedCentre
from anpr.simulator.decisions import Decisions
from anpr.simulator.kept_files import LISTS, KeptFiles
from anpr.simulator.keys import SimulatedKeys, make_keys
from anpr.simulator.lists import HandedOutLists
from anpr.simulator.office import ReceivingOffice
from anpr.simulator.page.server import serve_page
from anpr.simulator.places import LOOPBACK, PORTS, PROTOCOLS, ListeningPlace, listen, port_of
from anpr.simulator.ready_settings import known_hosts, ready_settings, ready_targets

MARK = "SIMULATORE.txt"
"""Is in every folder of a simulation; no other folder is touched."""
RECEIPTS_EVERY_S = 0.5
"""Between two looks for receipts whose time has come."""
NEEDED: Mapping[str, str] = MappingProxyType({"ftps": "pyftpdlib", "mail": "aiosmtpd"})
"""Packages of the extra `simulator` that a protocol needs."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class CentreOptions:
    """What is simulated, and where."""

    folder: Path
    """Keys, settings and what comes; all of it is made anew at each start."""
    profile: str | None = None
    """Name or path of the profile by which all files are read; without it the simulator's own two."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    protocols: tuple[str, ...] = PROTOCOLS
    host: str = LOOPBACK
    """Where the protocols listen. The page always listens on this machine only."""
    ports: Mapping[str, int] = field(default_factory=lambda: PORTS)
    """By protocol, and of the page; 0 takes any that is free."""


@contextmanager
def simulated_centre(options: CentreOptions, clock: Clock) -> Iterator[SimulatedCentre]:
    """Everything, until the context ends. Raises InputError for a taken port, ForwardError for a wrong profile."""
    missing = tuple(each for each in options.protocols if not _is_installed(each))
    served = [each for each in options.protocols if each not in missing]
    names = _profile_names(options.profile)
    profiles = {channel: load_profile(name) for channel, name in names.items()}
    with ExitStack() as stack:
        sockets = {each: stack.enter_context(_listening(options, each)) for each in [*served, "page"]}
        ports = {each: port_of(listening) for each, listening in sockets.items()}
        keys, files = stack.enter_context(_prepared(options, clock))
        office = ReceivingOffice(files, profiles, Decisions(options.behaviour), clock)
        stack.callback(office.stop.set)
        lists = HandedOutLists(files.inbox / LISTS, clock)
        targets = ready_targets(
            _reached_at(options.host), ports, keys, has_own_envelope=getattr(profiles["soap"], "soap", None) is not None
        )
        if "sftp" in ports:
            text = known_hosts(_reached_at(options.host), ports["sftp"], keys)
            (keys.folder / "known_hosts").write_text(text, encoding="utf-8")
        allowed = {name: each for name, each in targets.items() if each["kind"] in profiles[name].transports}
        settings = ready_settings(allowed, names, excluded=tuple(targets.keys() - allowed.keys()))
        (options.folder / "settings.yaml").write_text(settings, encoding="utf-8")
        centre = SimulatedCentre(
            office=office, lists=lists, keys=keys, ports=ports, targets=targets, settings=settings, missing=missing
        )
        for each in served:
            stack.enter_context(_server(each, office, keys, sockets[each]))
        stack.enter_context(serve_page(centre, sockets["page"]))
        stack.enter_context(every(RECEIPTS_EVERY_S, office.write_due, "receipts of the simulation", clock))
        yield centre


def _profile_names(profile: str | None) -> dict[str, str]:
    own = {
        "https": "simulator",
        "sftp": "simulator",
        "ftps": "simulator",
        "mail": "simulator",
        "soap": "simulator-soap",
    }
    if profile is None:
        return own
    absolute = str(Path(profile).resolve()) if "/" in profile or profile.endswith((".yaml", ".yml")) else profile
    return dict.fromkeys(own, absolute)


@contextmanager
def _prepared(options: CentreOptions, clock: Clock) -> Iterator[tuple[SimulatedKeys, KeptFiles]]:
    """The folder, made anew, and ours until the context ends. Raises InputError."""
    folder = options.folder.resolve()
    hosts = tuple(dict.fromkeys((_reached_at(options.host), LOOPBACK, "localhost")))
    with ExitStack() as stack:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(folder.iterdir()) and not (folder / MARK).is_file():
                raise InputError(
                    f"--folder: {folder}: holds something else; a simulation deletes what is in its folder"
                )
            mark = stack.enter_context((folder / MARK).open("w"))
            mark.write("Cartella del simulatore: tutto si cancella a ogni avvio.\n")
            flock(mark, LOCK_EX | LOCK_NB)
            prepared = make_keys(folder / "keys", clock.now(), hosts), KeptFiles(folder)
        except BlockingIOError as exc:
            raise InputError(f"--folder: {folder}: another simulation runs there") from exc
        except OSError as exc:
            raise InputError(f"--folder: {folder}: {exc.strerror or exc}") from exc
        yield prepared


def _reached_at(host: str) -> str:
    """What senders call it: a name or address of this machine, where it listens on all of them."""
    return socket.gethostname() if host in ("0.0.0.0", "::") else host


@contextmanager
def _listening(options: CentreOptions, protocol: str) -> Iterator[socket.socket]:
    host = LOOPBACK if protocol == "page" else options.host
    listening = listen(ListeningPlace(host=host, port=options.ports[protocol], option=f"--{protocol}-port"))
    try:
        yield listening
    finally:
        listening.close()


def _is_installed(protocol: str) -> bool:
    return protocol not in NEEDED or importlib.util.find_spec(NEEDED[protocol]) is not None


def _server(
    protocol: str, office: ReceivingOffice, keys: SimulatedKeys, listening: socket.socket
) -> AbstractContextManager[None]:
    """Its module is loaded only when it is served: SSH takes half a second."""
    module = importlib.import_module(f"anpr.simulator.servers.{protocol}")
    found: AbstractContextManager[None] = getattr(module, f"serve_{protocol}")(office, keys, listening)
    return found
