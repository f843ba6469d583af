# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transfer: what a server of the simulation was given, what it is read as, and the arrival that is made of it."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from anpr.forward.profile.model import Profile
from anpr.simulator.arrivals import SHOWN_RECORDS, OfficeArrival, OfficeTotals
from anpr.simulator.behaviour import OF_RECEIPTS, Behaviour
from anpr.simulator.reading.records import read_records
from anpr.simulator.replies import SoapVersion
from anpr.simulator.settling import SettledRecord, settle


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """A file. `path` is where the bytes lie already (SFTP, FTPS); `soap` the envelope's version."""

    protocol: str
    name: str
    sender: str
    data: bytes
    path: Path | None = None
    soap: SoapVersion | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadFile:
    """What a file came to: a picture, or transits with the office's word on each, or a problem."""

    is_picture: bool = False
    settled: list[SettledRecord] = field(default_factory=list)
    problem: str = ""


def read_file(profile: Profile, data: bytes, behaviour: Behaviour) -> ReadFile:
    """Read by the profile, and settle each transit. What cannot be read to its end has none."""
    try:
        return ReadFile(settled=[settle(behaviour, profile.answers, record) for record in read_records(profile, data)])
    except ValueError as exc:
        return ReadFile(problem=str(exc))


def arrival_of(transfer: Transfer, read: ReadFile, behaviour: Behaviour, now: datetime) -> OfficeArrival:
    """The arrival, without its path, profile and reply."""
    faults = tuple(each for each in behaviour.faults if not read.is_picture or each not in OF_RECEIPTS)
    return OfficeArrival(
        at=now,
        protocol=transfer.protocol,
        name=transfer.name,
        sender=transfer.sender,
        size=len(transfer.data),
        sha256=hashlib.sha256(transfer.data).hexdigest(),
        is_picture=read.is_picture,
        records=len(read.settled),
        shown=tuple(read.settled[:SHOWN_RECORDS]),
        counts=_totals_of(transfer, read, is_disturbed=bool(faults)),
        faults=faults,
        problem=read.problem,
    )


def _totals_of(transfer: Transfer, read: ReadFile, *, is_disturbed: bool) -> OfficeTotals:
    meanings = [each.meaning for each in read.settled]
    return OfficeTotals(
        transfers=1,
        bytes=len(transfer.data),
        pictures=int(read.is_picture),
        records=len(meanings),
        accepted=meanings.count("ok"),
        rejected=meanings.count("permanent"),
        later=meanings.count("transient"),
        unread=int(bool(read.problem)),
        disturbed=int(is_disturbed),
    )
