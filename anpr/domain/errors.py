# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exception hierarchy: every error the system raises on purpose.

AnprError
├── SettingsError            a wrong key, value or file in the configuration
│   └── SealedSecretError    a secret stored under another key file (anpr.console.auth.second_factor)
├── InputError               a file, row or argument given to us is wrong
│   ├── MediaError           an image or video that cannot be decoded
│   ├── MessageError         a message that does not follow the contract (poison); has a typed `reason`
│   │   └── WrongSignerError a reader signed what it may not; names the `signer`
│   ├── LastAdministratorError nobody would be left who can manage users (anpr.store.users.administration)
│   ├── TimeTextError        a text that stands for no moment; has a typed `fault` (anpr.domain.local_time)
│   ├── MapAreaError         no area on the map; has a typed `fault` (anpr.domain.map_area)
│   ├── FileError            a file that is no list, or cannot be read; has a typed `fault` (anpr.listfiles.table)
│   └── PatternError         a plate pattern that cannot be searched; has a typed `fault` (anpr.store.transits.pattern)
├── CameraError              a video source failed; has a typed `fault`
├── ModelError               weights or their card are missing, wrong or throw
├── TransportError           broker or spool not reachable or refusing; `permanent` decides the retry
├── OutboxFullError          the outbox keeps nothing more
│   └── DiskFullError        the disk is full or failing, or the file may not grow
├── StoreError               the database does not do what it is asked; `fault` decides what helps
│   ├── ImageTakenError      other bytes are stored in this image's place
│   ├── ImageAlteredError    the image stored is not the one that its transit names
│   ├── QueryTooLongError    a search was broken off at its time limit
│   ├── QueryAbandonedError  a search was broken off by whoever asked
│   └── RetentionRefusedError retention would delete more than is plausible: a clock may be wrong
├── PaperError               a PDF could not be made; has a typed `fault`
├── StartError               a process of `anpr up` did not come up
├── AccessError              a user asked for what their role does not allow
│   ├── NotSignedInError     nobody is logged in (anpr.console.access)
│   ├── AccountUnfinishedError a password of one's own, or a second factor, comes first (anpr.console.access)
│   └── FormTokenError       a form without the token of its session (anpr.console.access)
└── ForwardError             a forwarding profile or destination; `permanent` decides the retry
"""

from enum import StrEnum


class AnprError(Exception):
    """Base class. The text of an error is one line that a person can act on."""


class SettingsError(AnprError):
    """A configuration key, value or file is wrong; the text names it.

    `faults`: every one where there are several; the text is the first, and how many others there are.
    """

    def __init__(self, *faults: str) -> None:
        more = f" (and {len(faults) - 1} more: see anpr config check)" if len(faults) > 1 else ""
        super().__init__(faults[0] + more)
        self.faults = faults


class InputError(AnprError):
    """A file, row or argument given to us is wrong; the text names it."""


class MediaError(InputError):
    """An image or a video that cannot be decoded; the text names the file."""


class PoisonReason(StrEnum):
    """Why a message was refused."""

    NOT_JSON = "not-json"
    TOO_LARGE = "too-large"
    UNKNOWN_VERSION = "unknown-version"
    WRONG_SHAPE = "wrong-shape"
    WRONG_DIGEST = "wrong-digest"
    UNKNOWN_TOPIC = "unknown-topic"
    WRONG_TIME = "wrong-time"
    TOO_OLD = "too-old"
    CONFLICT = "conflict"
    NOT_STORABLE = "not-storable"
    WRONG_SIGNATURE = "wrong-signature"
    UNSIGNED = "unsigned"


class MessageError(InputError):
    """A message that does not follow the contract."""

    def __init__(self, reason: PoisonReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class WrongSignerError(MessageError):
    """A message that a reader really signed, and may not: with a revoked key, or in another reader's name.

    `signer` is that reader.
    """

    def __init__(self, signer: str, detail: str) -> None:
        super().__init__(PoisonReason.WRONG_SIGNATURE, detail)
        self.signer = signer


class CameraFault(StrEnum):
    """What went wrong with a video source."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    ENDED = "ended"
    FROZEN = "frozen"
    CHANGED_SIZE = "changed-size"
    UNDECODABLE = "undecodable"
    NO_SECRET = "no-secret"
    """Its login is missing at the reader, or may not go to the host of its address."""


class CameraError(AnprError):
    """A video source failed; the text names the camera."""

    def __init__(self, fault: CameraFault, camera_id: str, detail: str) -> None:
        super().__init__(f"camera {camera_id}: {fault}: {detail}")
        self.fault = fault
        self.camera_id = camera_id
        self.detail = detail


class ModelError(AnprError):
    """Weights or their card are missing or wrong, or a model threw while running."""


class TransportError(AnprError):
    """A broker or a spool refused or cannot be reached."""

    def __init__(self, detail: str, *, permanent: bool = False) -> None:
        super().__init__(detail)
        self.permanent = permanent


class OutboxFullError(AnprError):
    """The outbox reached its disk quota; what was offered was not accepted."""


class DiskFullError(OutboxFullError):
    """The disk is full or failing, or the file may not grow; the quota may not be used up."""


class StoreFault(StrEnum):
    """What is wrong when the database does not do what it is asked, which decides what helps."""

    DATA = "data"
    """It refused the data: the same again is refused again."""
    BATCH = "batch"
    """It cannot do so much at once: less of it may pass."""
    WAIT = "wait"
    """It is away, busy or not ours: the same again may pass later."""


class StoreError(AnprError):
    """The database cannot be reached, refuses what it was given, or its schema is not the one this version needs."""

    def __init__(self, detail: str, *, fault: StoreFault = StoreFault.WAIT) -> None:
        super().__init__(detail)
        self.fault = fault


class ImageTakenError(StoreError):
    """Other bytes are stored in this image's place, and stay: what was noted and shown does not change."""


class RetentionRefusedError(StoreError):
    """Retention would delete more than the days that passed explain; a person must look, and say that it is right."""


class ImageAlteredError(StoreError):
    """The image stored is not the one that its transit names: damaged, or another one. It is shown to nobody."""


class QueryTooLongError(StoreError):
    """A search took longer than it may and was broken off; a narrower one helps."""


class QueryAbandonedError(StoreError):
    """A search was broken off, because whoever asked has gone."""


class PaperFault(StrEnum):
    """Why there is no PDF."""

    BUSY = "busy"
    TOO_LONG = "too-long"
    FAILED = "failed"


class PaperError(AnprError):
    """A PDF could not be made."""

    def __init__(self, fault: PaperFault, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault


class StartError(AnprError):
    """A process of `anpr up` did not come up; the text names it."""


class MailError(AnprError):
    """A mail was not taken by the server; `permanent` where trying again does not help by itself, `of_mail` where it is
    about this mail (its address, its content), and another one may be taken."""

    def __init__(self, detail: str, *, permanent: bool = False, of_mail: bool = False) -> None:
        super().__init__(detail)
        self.permanent = permanent
        self.of_mail = of_mail


class AccessError(AnprError):
    """A user asked for what their role does not allow."""


class ForwardError(AnprError):
    """A forwarding profile is wrong, or its destination refused or cannot be reached."""

    def __init__(self, detail: str, *, permanent: bool = False) -> None:
        super().__init__(detail)
        self.permanent = permanent
