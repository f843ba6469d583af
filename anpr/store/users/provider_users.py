# SPDX-License-Identifier: AGPL-3.0-or-later
"""Users who log in through an OpenID provider: made at the first login, brought up to date at each, once per login.

A person is known by issuer and subject. Their name is that of the first login for good, as the audit names them by it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from anpr.domain.access import Role
from anpr.domain.errors import InputError
from anpr.domain.organisation import MANAGER
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.organisations.registry import get_organisation
from anpr.store.users.accounts import User, create_user, is_user_name, set_organisation, set_role, user_of_row

ACTOR = "oidc"
"""Who makes these users and changes their roles: nobody here."""
_NOT_PEOPLE = frozenset({ACTOR, "unknown", "retention", "forward", "ingest", "maintenance"})
"""Names by which the audit calls what is done by nobody: no person may write there under one of them."""
STATES_KEPT = timedelta(hours=1)
"""So long a used login is remembered; a login that was begun longer ago counts no more anyway."""
_SQL = load_queries("users")


class NameTakenError(InputError):
    """The name at the provider is that of a user here who is somebody else."""


class NoNameError(InputError):
    """The name at the provider can be no user's here."""


class LoginUsedError(InputError):
    """This login at the provider has begun a session before."""


class ShutOutError(InputError):
    """The user is disabled here, or their last day is over; `user` is their name."""

    def __init__(self, user: str) -> None:
        super().__init__(f"user {user}: shut out")
        self.user = user


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvedPerson:
    """Whom the provider has proved, and what their groups make them; `name`: lower case."""

    provider: str
    subject: str
    name: str
    role: Role
    organisation_id: str
    groups: tuple[str, ...]


def known_as(conn: Connection, provider: str, subject: str) -> str | None:
    """The name of the user whom the provider knows by this subject; None when there is none."""
    user = _of_subject(conn, provider, subject)
    return user.name if user else None


def use_login(conn: Connection, state_digest: bytes, at: datetime) -> None:
    """The login with this state (SHA-256) begins a session, and never again. Raises LoginUsedError."""
    conn.execute(_SQL["forget_used_logins"], {"before": at - STATES_KEPT})
    if conn.execute(_SQL["use_login"], {"digest": state_digest, "at": at}).rowcount == 0:
        raise LoginUsedError("this login has begun a session before")


def admit(conn: Connection, person: ProvedPerson, at: datetime) -> User:
    """The user that this person is, with role and organisation of their groups; made when it is their first login.

    Raises NoNameError, NameTakenError and ShutOutError, and InputError when there is no such organisation.
    """
    get_organisation(conn, person.organisation_id)
    user = _of_subject(conn, person.provider, person.subject) or _bound(conn, person) or _made(conn, person, at)
    if user.is_shut_out(at):
        raise ShutOutError(user.name)
    return _with_rights(conn, user, person, at)


def _of_subject(conn: Connection, provider: str, subject: str) -> User | None:
    row = conn.execute(_SQL["lock_by_subject"], {"provider": provider, "subject": subject}).fetchone()
    return user_of_row(row) if row else None


def _bound(conn: Connection, person: ProvedPerson) -> User | None:
    """The user who was handed over to the provider and waits for the person of this name."""
    values = {"name": person.name, "provider": person.provider, "subject": person.subject}
    if conn.execute(_SQL["bind_subject"], values).rowcount == 0:
        return None
    return _of_subject(conn, person.provider, person.subject)


def _made(conn: Connection, person: ProvedPerson, at: datetime) -> User:
    if not is_user_name(person.name) or person.name in _NOT_PEOPLE:
        raise NoNameError("the name at the provider can be no user's here")
    user = User(
        name=person.name,
        role=person.role,
        password_hash="",
        provider=person.provider,
        subject=person.subject,
        organisation_id=person.organisation_id,
    )
    try:
        create_user(conn, user)
    except InputError:
        # Perhaps it is this very person, who logs in twice at once and was there already when we wanted to.
        known = _of_subject(conn, person.provider, person.subject)
        if known is None:
            raise NameTakenError(f"user {person.name}: is somebody else") from None
        return known
    _note(conn, AuditAction.USER_CREATED, person, at, user=user.name, role=str(user.role), provider=person.provider)
    return user


def _with_rights(conn: Connection, user: User, person: ProvedPerson, at: datetime) -> User:
    """The user with the role and the organisation that the groups give now."""
    if user.role is not person.role:
        set_role(conn, user.name, person.role)
        change = {"user": user.name, "changed": "role", "previous": str(user.role), "role": str(person.role)}
        _note(conn, AuditAction.USER_CHANGED, person, at, **change)
    if user.organisation_id != person.organisation_id:
        set_organisation(conn, user.name, person.organisation_id)
        change = {"user": user.name, "changed": "organisation", "before": user.organisation_id}
        _note(conn, AuditAction.USER_CHANGED, person, at, **change, after=person.organisation_id)
    return replace(user, role=person.role, organisation_id=person.organisation_id)


def _note(conn: Connection, action: AuditAction, person: ProvedPerson, at: datetime, **detail: object) -> None:
    """For the auditors of the person's organisation."""
    told = {**detail, "groups": list(person.groups)}
    if person.organisation_id != MANAGER:
        told["organisation"] = person.organisation_id
    append(conn, AuditEvent(actor=ACTOR, action=action, at=at, detail=told))
