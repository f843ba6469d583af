# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulated office: takes a file from any of its servers, reads it by the profile, answers, and notes all of it."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from anpr.forward.profile.model import Profile
from anpr.runtime.clock import Clock
from anpr.simulator.arrivals import OfficeArrival, OfficeJournal, OfficeTotals
from anpr.simulator.behaviour import Behaviour
from anpr.simulator.decisions import Decisions, is_picture_name
from anpr.simulator.kept_files import KeptFiles
from anpr.simulator.replies import OfficeReply, receipt_name_of, write_fault, write_receipt, write_reply
from anpr.simulator.settling import Said, what_is_said
from anpr.simulator.transfer import ReadFile, Transfer, arrival_of, read_file

MAX_PENDING = 10_000
"""Receipts that wait for their time."""
UNREADABLE = 400
"""Status of the reply to a file that cannot be read by the profile."""
_SHOWN_REPLY = 2_000
_JPEG = b"\xff\xd8\xff"


class ReceivingOffice:
    """What all servers share. Thread-safe."""

    def __init__(self, files: KeptFiles, profiles: Mapping[str, Profile], decisions: Decisions, clock: Clock) -> None:
        """`profiles` by protocol: sftp, ftps, https, soap, mail."""
        self.files = files
        self.profiles = profiles
        self.decisions = decisions
        self.journal = OfficeJournal()
        self.clock = clock
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._pending: list[tuple[float, str, bytes, datetime]] = []

    def now(self, behaviour: Behaviour | None = None) -> datetime:
        """The office's clock, which may be wrong."""
        held = behaviour or self.decisions.now.standing
        return self.clock.now() + timedelta(seconds=held.clock_offset_s)

    def lose(self, protocol: str, name: str, sender: str, size: int, behaviour: Behaviour) -> None:
        """Note a transfer of which nothing is kept, because of a fault on purpose."""
        counts = OfficeTotals(transfers=1, bytes=size, disturbed=1)
        self.journal.add(
            OfficeArrival(
                at=self.clock.now(), protocol=protocol, name=name, sender=sender, size=size, counts=counts,
                faults=behaviour.faults, is_picture=is_picture_name(name),
            )
        )  # fmt: skip

    def receive(self, transfer: Transfer, behaviour: Behaviour) -> OfficeReply:
        """Keep, read, answer and note it; the reply is for protocols that have one. Raises OSError of its own disk."""
        path = transfer.path or self.files.put(transfer.protocol, transfer.name, transfer.data)
        if transfer.path is not None:
            self.files.came(path)
        self.files.set_time(path, self.now(behaviour))
        if is_picture_name(transfer.name) or transfer.data.startswith(_JPEG):
            return self._note(transfer, behaviour, path, ReadFile(is_picture=True), OfficeReply())
        profile = self.profiles[transfer.protocol]
        read = read_file(profile, transfer.data, behaviour)
        said = what_is_said(behaviour, profile.answers, read.settled)
        if read.problem:
            code = behaviour.code_of("permanent", profile.answers.permanent)
            said = [Said(id="*", code=code, text="file non leggibile")]
        reply = self._reply(profile, transfer, read, said)
        if transfer.path is not None and profile.answers.kind == "receipt":
            reply = OfficeReply(body=write_receipt(profile.answers, said))
            self._leave(receipt_name_of(profile.answers, transfer.name), reply.body, behaviour)
        return self._note(transfer, behaviour, path, read, reply)

    @staticmethod
    def _reply(profile: Profile, transfer: Transfer, read: ReadFile, said: list[Said]) -> OfficeReply:
        if not read.problem or profile.answers.kind == "receipt":
            return write_reply(profile.answers, read.settled, said, transfer.soap)
        if transfer.soap is not None:
            return write_fault(transfer.soap, UNREADABLE)
        return OfficeReply(status=UNREADABLE, body=b"Simulazione: il file non si legge con il profilo\n")

    def hurry(self) -> None:
        """Put all receipts that wait into the inbox now."""
        self._write_until(float("inf"))

    def write_due(self) -> None:
        """Put the receipts whose time has come into the inbox."""
        self._write_until(self.clock.monotonic())

    def _write_until(self, now: float) -> None:
        with self._lock:
            due = [each for each in self._pending if each[0] <= now]
            self._pending = [each for each in self._pending if each[0] > now]
        for _, name, data, at in due:
            self.files.write_receipt(name, data, at)

    def _leave(self, name: str, data: bytes, behaviour: Behaviour) -> None:
        """The receipt, when its time has come; an older one of the same file goes at once."""
        self.files.forget_receipt(name)
        due = self.clock.monotonic() + behaviour.receipt_after_s
        at = self.now(behaviour) + timedelta(seconds=behaviour.receipt_after_s)
        with self._lock:
            self._pending = [each for each in self._pending if each[1] != name][-MAX_PENDING:]
            if data:
                self._pending.append((due, name, data, at))
        self.write_due()

    def _note(
        self, transfer: Transfer, behaviour: Behaviour, path: Path, read: ReadFile, reply: OfficeReply
    ) -> OfficeReply:
        profile = self.profiles[transfer.protocol]
        arrival = replace(
            arrival_of(transfer, read, behaviour, self.clock.now()),
            path=path,
            profile=f"{profile.name} {profile.revision}",
            reply=reply.body[:_SHOWN_REPLY],
        )
        self.journal.add(arrival, [each.id for each in read.settled if each.meaning == "ok"])
        return reply
