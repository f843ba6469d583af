# SPDX-License-Identifier: AGPL-3.0-or-later
"""Catalogue of what is audited: for each action its kind, when it is recorded, and what its detail may tell.

`docs/audit.md` is made from it, and tests hold it against the code: an action that is missing here, or a detail without
words in a language of the console, fails there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from anpr.store.audit import AuditAction


class ActionKind(StrEnum):
    """What sort of thing somebody did."""

    ACCESS = "access"
    SEARCH = "search"
    VIEW = "view"
    EXPORT = "export"
    CHANGE = "change"
    REFUSED = "refused"
    UPKEEP = "upkeep"
    """The system's own: forwarding, retention, the audit itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Audited:
    """One action. `details`: the keys that its detail may have."""

    kind: ActionKind
    when: str
    details: tuple[str, ...] = ()


def _of(kind: ActionKind, when: str, *details: str) -> Audited:
    return Audited(kind=kind, when=when, details=details)


_QUERY = (
    *[
        "pattern",
        "look_alike",
        "since",
        "until",
        "gates",
        "area",
        "limit",
        "reason_kind",
        "excluded",
        "weekdays",
        "hours",
        "zone",
    ],
    *["direction", "lane", "country", "least_confidence", "kinds", "onward"],
)
_VIEW = (
    "page",
    "transit",
    "transits",
    "via",
    "search",
    "alarm",
    "gate",
    "hold",
    "request",
    "handover",
    "investigation",
)
_FORWARD = (
    "phase",
    "run",
    "destination",
    "target",
    "day",
    "kind",
    "profile",
    "protocol_until",
    "despite_stage",
    "alarm",
    "message",
    "version",
    "outcome",
    "counts",
    "error",
    "transits",
    "by",
)
_AGREEMENT = ("agreement", "grantor", "grantee", "actions", "gates", "watchlists", "ends_on", "document", "purpose")
_USER = (
    "user",
    "role",
    "changed",
    "previous",
    "before",
    "after",
    "ends_on",
    "must_change",
    "disabled",
    "sessions",
    "provider",
    "second_factor",
)
_HELD = ("hold", "since", "until", "plate", "gate", "transit", "ends_on", "before")
_AREA = ("area", "name", "gates")
_RECIPIENT = ("recipient", "name", "channel", "address", "enabled", "proposals")
_RULE = (
    "rule",
    "areas",
    "name",
    "enabled",
    "sound",
    "kinds",
    "watchlists",
    "priorities",
    "gates",
    "weekdays",
    "hours",
    "steps",
    "with_plate",
)
_DELETED = (
    *["phase", "days", "rows", "undelivered", "images", "why", "day", "gate", "orphans", "files", "bytes"],
    "kept rows",
)
_PROOF = (
    "pruned_from",
    "pruned_to",
    "pruned_hash",
    "oldest_at",
    "newest_at",
    "export",
    "export_sha256",
    "public_key",
    "signature",
)
_LIST = (
    "watchlist",
    "name",
    "priority",
    "purpose",
    "legal_basis",
    "match",
    "min_probability",
    "valid_to",
    "stale_after_hours",
    "instructions",
    "second_person",
    "urgent_hours",
)
_ENTRY = ("watchlist", "entry", "plate", "entry_reason", "valid_from", "valid_to", "instructions")
_DELIVERY = ("list_kind", "list_version", "list_base", "as_of")
_IMPORT = (
    "watchlist",
    "import",
    "mode",
    "file",
    "sha256",
    "format",
    "encoding",
    "source",
    "added",
    "changed",
    "unchanged",
    "removed",
    "rejected",
    "version_before",
    "version_after",
)
_K = ActionKind

AUDITED: Mapping[AuditAction, Audited] = MappingProxyType(
    {
        AuditAction.LOGIN: _of(_K.ACCESS, "a login", "address", "provider", "second_factor"),
        AuditAction.LOGIN_REFUSED: _of(
            _K.REFUSED,
            "a login that was refused: password, second factor, or what a provider says",
            *["address", "provider", "refused", "name", "groups", "second_factor"],
        ),
        AuditAction.LOGOUT: _of(_K.ACCESS, "a logout, or the end of one's own sessions", "sessions"),
        AuditAction.ACCESS_REFUSED: _of(
            _K.REFUSED, "a page or deed that the role does not allow", "path", "permission"
        ),
        AuditAction.SEARCH: _of(_K.SEARCH, "a search of transits, before its answer is shown", *_QUERY, "found"),
        AuditAction.SEARCH_REFUSED: _of(
            _K.REFUSED, "a search without a reason, or with an error in its form", *_QUERY, "refused"
        ),
        AuditAction.CROSS_SEARCHED: _of(
            _K.SEARCH,
            "a search of vehicles common to several places and times",
            "windows",
            "least",
            "reason_kind",
            "found",
        ),
        AuditAction.TRANSIT_VIEWED: _of(
            _K.VIEW, "transits that a page, a list or a live stream showed, each once in 15 minutes", *_VIEW
        ),
        AuditAction.IMAGE_VIEWED: _of(_K.VIEW, "a whole image that was opened", *_VIEW, "image"),
        AuditAction.VIEW_ASKED: _of(_K.VIEW, "an image of a camera that was asked for", "gate", "camera"),
        AuditAction.VIEW_SHOWN: _of(_K.VIEW, "an image of a camera that was shown", "gate", "camera"),
        AuditAction.EXPORTED: _of(
            _K.EXPORT,
            "an export: of the audit, a list, closed alarms, statistics, a completeness report, what a search found, or"
            " of transits by a dry run of forwarding",
            *[
                "search",
                "reason_kind",
                "found",
                "filter",
                "audit_rows",
                "alarm_rows",
                "made",
                "sha256",
                "audit_from_row",
                "form",
                "dry_run",
                "destination",
                "day",
                "profile",
                "transits",
                "watchlist",
                "entries",
            ],
        ),
        AuditAction.DOCUMENT_MADE: _of(
            _K.EXPORT, "a register, notice or other document that was made", *["made", "form", "about", "day", "sha256"]
        ),
        AuditAction.ALARM_ACKNOWLEDGED: _of(_K.CHANGE, "an alarm that was taken", "alarm"),
        AuditAction.ALARM_CLOSED: _of(
            _K.CHANGE,
            "an alarm that was closed, by a person or by retention",
            "alarm",
            "alarms",
            "outcome",
            "pressed_at",
        ),
        AuditAction.ALARM_STARTED: _of(_K.CHANGE, "an alarm that somebody began to act on", "alarm"),
        AuditAction.ALARM_RELEASED: _of(_K.CHANGE, "an alarm that was handed back", "alarm"),
        AuditAction.ALARM_TAKEN_OVER: _of(_K.CHANGE, "an alarm that was taken over from somebody", "alarm", "from"),
        AuditAction.ALARM_HANDED_OVER: _of(_K.CHANGE, "an alarm that was handed over to somebody", "alarm", "to"),
        AuditAction.ALARM_NOTED: _of(_K.CHANGE, "a note on an alarm", "alarm", "pressed_at"),
        AuditAction.ALARM_REOPENED: _of(_K.CHANGE, "an alarm that was opened again within minutes", "alarm", "alarms"),
        AuditAction.ALARM_SUPPRESSED: _of(
            _K.CHANGE, "a vehicle that raises no alarm for a time", "alarm", "gate", "until"
        ),
        AuditAction.ALARM_UNSUPPRESSED: _of(_K.CHANGE, "a suppression that was ended", "suppression"),
        AuditAction.ALARM_DISPATCHED: _of(_K.CHANGE, "an alarm that was sent to a patrol", "alarm", "to"),
        AuditAction.PATROL_ON_SCENE: _of(
            _K.CHANGE, "a patrol that said that it acts on an alarm", "alarm", "pressed_at"
        ),
        AuditAction.PATROL_POSITION: _of(
            _K.CHANGE, "a patrol that switched on or off that its position is shown", "shares"
        ),
        AuditAction.PUSH_DEVICE_ADDED: _of(
            _K.CHANGE, "a phone that its user wants to be notified on", "device", "name", "service"
        ),
        AuditAction.PUSH_DEVICE_REMOVED: _of(
            _K.CHANGE, "a phone that its user or an administrator removed", "user", "device", "name"
        ),
        AuditAction.HANDOVER_SIGNED_OUT: _of(
            _K.CHANGE, "a shift's handover that its operator signed", "handover", "open", "sha256"
        ),
        AuditAction.HANDOVER_SIGNED_IN: _of(
            _K.CHANGE,
            "a shift's handover that the next operator signed, with the alarms that became theirs",
            *["handover", "from", "sha256", "way", "alarms"],
        ),
        AuditAction.WATCHLIST_SAVED: _of(_K.CHANGE, "a list that was made or changed", *_LIST, "was"),
        AuditAction.WATCHLIST_IMPORTED: _of(
            _K.CHANGE,
            "a file of entries that was imported",
            *[*_IMPORT, *_DELIVERY, "separator", "sheet", "columns", "rows", "warnings"],
        ),
        AuditAction.WATCHLIST_IMPORT_UNDONE: _of(_K.CHANGE, "an import that was undone", *_IMPORT, "undoes"),
        AuditAction.WATCHLIST_IMPORT_REFUSED: _of(
            _K.REFUSED,
            "a file in a watched folder that was not imported, with the reason why",
            *["watchlist", "file", "sha256", "source", "rejected"],
        ),
        AuditAction.WATCHLIST_DELIVERY: _of(
            _K.UPKEEP,
            "a delivery of a list that a centre hands out, which changed nothing: the same again, or refused",
            *["watchlist", "file", "sha256", "outcome", "rows", *_DELIVERY],
        ),
        AuditAction.WATCHLIST_FETCH_ASKED: _of(
            _K.CHANGE, "a list that somebody wanted to be fetched at once", "watchlist"
        ),
        AuditAction.WATCHLIST_PROPOSED: _of(
            _K.CHANGE,
            "a change of a list that waits for a second person",
            *["proposal", "kind", "urgent_until", "entry", "plate", "entry_reason", "file", "sha256", "import", "mode"],
            *["source", "added", "changed", "unchanged", "removed", "rejected", "why", *_LIST, "valid_from", "was"],
        ),
        AuditAction.WATCHLIST_PROPOSAL_CLOSED: _of(
            _K.CHANGE,
            "a proposed change of a list that was approved, refused, withdrawn, or ended by itself",
            *["watchlist", "proposal", "kind", "outcome", "proposed_by"],
        ),
        AuditAction.WATCHLIST_SEARCHED: _of(
            _K.SEARCH,
            "entries of a list that were searched, or lists that were asked for a plate",
            *["watchlist", "plate", "pattern", "text", "when"],
        ),
        AuditAction.WATCHLIST_VIEWED: _of(
            _K.VIEW,
            "lists, entries of one, a file before its import, or what a list would have raised, that were shown",
            *["watchlist", "entry", "import", "history", "limit", "preview", "rejects", "cost", "sha256", "proposal"],
        ),
        AuditAction.WATCHLIST_DELETED: _of(_K.CHANGE, "a list that was deleted", "watchlist", "entries"),
        AuditAction.ENTRY_ADDED: _of(_K.CHANGE, "an entry that was added", *_ENTRY, "reason"),
        AuditAction.ENTRY_CHANGED: _of(_K.CHANGE, "an entry that was changed", *_ENTRY, "was"),
        AuditAction.ENTRY_ENDED: _of(_K.CHANGE, "an entry that was ended", *_ENTRY, "was"),
        AuditAction.ENTRY_REMOVED: _of(_K.CHANGE, "an entry that was removed", *_ENTRY, "put_by", "put_at", "entries"),
        AuditAction.ENTRY_RESTORED: _of(_K.CHANGE, "a removed entry that was put back", *_ENTRY, "removed_by_row"),
        AuditAction.USER_CREATED: _of(_K.CHANGE, "a user who was created", *_USER),
        AuditAction.USER_CHANGED: _of(
            _K.CHANGE, "a user's role, organisation, password, second factor, end or sessions", *_USER
        ),
        AuditAction.KEY_ENROLLED: _of(_K.CHANGE, "a reader's key that was enrolled", "reader", "fingerprint"),
        AuditAction.KEY_REVOKED: _of(_K.CHANGE, "a reader's keys that were ended", "reader or key", "fingerprints"),
        AuditAction.KEYS_FORGOTTEN: _of(_K.CHANGE, "a reader that may send unsigned again", "reader", "fingerprints"),
        AuditAction.ORGANISATION_SAVED: _of(
            _K.CHANGE, "an organisation that was added or changed", "saved", "name", "kind"
        ),
        AuditAction.OWNER_CHANGED: _of(
            _K.CHANGE, "gates and lists that got another owner", "owner", "gates", "watchlists"
        ),
        AuditAction.AGREEMENT_MADE: _of(_K.CHANGE, "an agreement that was made", *_AGREEMENT),
        AuditAction.AGREEMENT_ENDING: _of(_K.UPKEEP, "an agreement that ends within 30 days", *_AGREEMENT),
        AuditAction.AGREEMENT_ENDED: _of(_K.CHANGE, "an agreement that ended, or was ended", *_AGREEMENT),
        AuditAction.HOLD_MADE: _of(_K.CHANGE, "a hold that was made", *_HELD, "transits"),
        AuditAction.HOLD_CHANGED: _of(_K.CHANGE, "a hold that got another last day", *_HELD),
        AuditAction.HOLD_ENDED: _of(_K.CHANGE, "a hold that ended, or was ended", *_HELD),
        AuditAction.INVESTIGATION_OPENED: _of(_K.CHANGE, "an investigation that was opened", "investigation"),
        AuditAction.INVESTIGATION_CHANGED: _of(
            _K.CHANGE, "an investigation that got another title or authority", *["investigation"]
        ),
        AuditAction.INVESTIGATION_ENDED: _of(_K.CHANGE, "an investigation that was ended", "investigation"),
        AuditAction.INVESTIGATION_REOPENED: _of(_K.CHANGE, "an investigation that was opened again", "investigation"),
        AuditAction.INVESTIGATION_MEMBER_ADDED: _of(
            _K.CHANGE, "a person who works on an investigation from now on", *["investigation", "user"]
        ),
        AuditAction.INVESTIGATION_MEMBER_REMOVED: _of(
            _K.CHANGE, "a person who works on an investigation no more", *["investigation", "user"]
        ),
        AuditAction.INVESTIGATION_NOTED: _of(_K.CHANGE, "a note in an investigation", "investigation", "note"),
        AuditAction.TRANSITS_MARKED: _of(
            _K.CHANGE, "transits that were marked for an investigation", *["investigation", "transits"]
        ),
        AuditAction.TRANSITS_UNMARKED: _of(_K.CHANGE, "transits that are marked no more", "investigation", "transits"),
        AuditAction.QUESTION_SAVED: _of(
            _K.CHANGE, "a search that was saved in an investigation", *["investigation", "question"]
        ),
        AuditAction.QUESTION_REMOVED: _of(_K.CHANGE, "a saved search that was removed", "investigation", "question"),
        AuditAction.EVIDENCE_ASKED: _of(
            _K.EXPORT, "a package of evidence that somebody asked for", *["investigation", "package"]
        ),
        AuditAction.EVIDENCE_MADE: _of(
            _K.EXPORT,
            "a package of evidence that was made, with its SHA-256 and what is missing in it",
            *["investigation", "package", "transits", "missing", "sha256", "bytes", "stamped_at", "unstamped"],
        ),
        AuditAction.EVIDENCE_FAILED: _of(
            _K.UPKEEP, "a package of evidence that could not be made", *["investigation", "package", "error"]
        ),
        AuditAction.EVIDENCE_LINK_MADE: _of(
            _K.EXPORT, "a one-time link to a package of evidence", *["investigation", "package", "to", "until"]
        ),
        AuditAction.EVIDENCE_LINK_ENDED: _of(
            _K.CHANGE, "a link to a package of evidence that was ended before its time", *["investigation", "package"]
        ),
        AuditAction.EVIDENCE_DELIVERED: _of(
            _K.EXPORT,
            "a package of evidence that was downloaded, by a member or by its link, or handed over on a medium",
            *["investigation", "package", "sha256", "way", "address", "to", "medium"],
        ),
        AuditAction.EVIDENCE_STAMPED: _of(
            _K.CHANGE,
            "a package of evidence that got a time stamp after it was made, and is another file since",
            *["investigation", "package", "sha256", "sha256_before", "stamped_at"],
        ),
        AuditAction.EVIDENCE_REFUSED: _of(
            _K.REFUSED,
            "a link to evidence that was used again, too late, or after it was ended",
            *["investigation", "package", "refused", "address"],
        ),
        AuditAction.REQUEST_REGISTERED: _of(
            _K.CHANGE,
            "a request of a person concerned that was registered",
            *["request", "reference", "kind", "received_on"],
        ),
        AuditAction.REQUEST_FOUND: _of(
            _K.SEARCH, "what is stored of the person's plate, looked up", "request", "reference"
        ),
        AuditAction.REQUEST_EXPORTED: _of(
            _K.EXPORT,
            "the person's data, exported for them",
            *["request", "reference", "sha256", "parts", "form", "counts", "pictures"],
        ),
        AuditAction.REQUEST_ERASED: _of(
            _K.CHANGE, "the person's data, erased", *["request", "reference", "counts", "recipients", "gone_by"]
        ),
        AuditAction.REQUEST_ANSWERED: _of(_K.CHANGE, "a request that was answered", "request", "reference"),
        AuditAction.REQUEST_REFUSED: _of(_K.CHANGE, "a request that was refused", "request", "reference", "grounds"),
        AuditAction.AUDIT_VIEWED: _of(
            _K.VIEW,
            "the audit itself: a page, a filter, a person, the hints, a verification",
            *["before", "filter", "verified", "broken", "pruned_to", "page", "days_looked_at"],
        ),
        AuditAction.FORWARDED: _of(
            _K.UPKEEP,
            "a run of forwarding, or an alarm told to the owner of its list, at its start and its end",
            *_FORWARD,
        ),
        AuditAction.GATE_SAVED: _of(
            _K.CHANGE,
            "a version of a gate, where the centre is its source: names of what changed",
            *["gate", "version", "changed", "restored"],
        ),
        AuditAction.FORWARD_EXPIRED: _of(
            _K.UPKEEP,
            "transits that retention dropped before they were accepted",
            "destination",
            "transits",
        ),
        AuditAction.CONFORMANCE_RUN: _of(
            _K.UPKEEP,
            "invented records that were sent to a destination to test it, at the start and the end",
            *["phase", "destination", "target", "profile", "cases"],
        ),
        AuditAction.DELIVERIES_REQUEUED: _of(
            _K.CHANGE,
            "rejected transits that a person queued again for a destination, and the reason they had",
            *["destination", "day", "transits", "requeue", "rejected_for"],
        ),
        AuditAction.REQUEUE_UNDONE: _of(
            _K.CHANGE,
            "the same taken back, as far as they were in no file",
            *["destination", "day", "transits", "requeue"],
        ),
        AuditAction.DATA_DELETED: _of(
            _K.UPKEEP, "what retention, or a person, deleted: figures and days, no plates", *_DELETED
        ),
        AuditAction.SETTINGS_CHANGED: _of(
            _K.CHANGE,
            "settings of a process that are not those of its last start: names of keys, no values",
            *["process", "machine", "changed_keys", "settings_digest", "digests"],
        ),
        AuditAction.AUDIT_PRUNED: _of(_K.UPKEEP, "the audit's oldest rows, deleted with this row as proof", *_PROOF),
        AuditAction.AUDIT_HEAD_MAILED: _of(
            _K.UPKEEP, "the audit's newest hash, mailed to people outside", "head", "mailed_to", "by_hand"
        ),
        AuditAction.AUDIT_MAIL_FAILED: _of(
            _K.UPKEEP, "such a mail that was not taken, once until one succeeds", "failure"
        ),
        AuditAction.RECIPIENT_SAVED: _of(
            _K.CHANGE, "a recipient of notifications that was added or changed", *_RECIPIENT, "previous"
        ),
        AuditAction.RECIPIENT_DELETED: _of(_K.CHANGE, "a recipient of notifications that was deleted", *_RECIPIENT),
        AuditAction.AREA_SAVED: _of(_K.CHANGE, "an area of gates that was added or changed", *_AREA, "previous"),
        AuditAction.AREA_DELETED: _of(_K.CHANGE, "an area of gates that was deleted", *_AREA),
        AuditAction.NOTIFICATION_RULE_SAVED: _of(
            _K.CHANGE,
            "a rule of notifications that was added or changed; its reason is why its messages carry the plate",
            *_RULE,
            "previous",
        ),
        AuditAction.NOTIFICATION_RULE_DELETED: _of(_K.CHANGE, "a rule of notifications that was deleted", *_RULE),
        AuditAction.NOTIFICATION_TESTED: _of(
            _K.CHANGE, "a test message that was asked for", "recipient", "name", "channel", "sent"
        ),
        AuditAction.NOTIFICATION_RETRIED: _of(
            _K.CHANGE,
            "a notification that was given up and is sent again",
            *["notification", "alarm", "proposal", "channel", "recipient", "name"],
        ),
    }
)
"""Every action. A detail may also have `organisation`, which the database's scope adds, and `same_as`: the number of
the row of which this one is the owner's."""


def actions_of(kind: ActionKind) -> list[str]:
    """The actions of this kind."""
    return [str(action) for action, audited in AUDITED.items() if audited.kind is kind]
