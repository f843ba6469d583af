# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login of a person whom the provider has proved: checked by the settings, used once, and written down either way."""

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any

from anpr.console.access import record
from anpr.console.auth.sessions import Session
from anpr.console.credentials import LoginDelayedError
from anpr.console.oidc.faults import PersonRefused, PersonRefusedError, TokenRefusedError
from anpr.console.oidc.pending import ProviderLogin
from anpr.console.oidc.person import Person, name_of, person_of
from anpr.console.state import Console
from anpr.domain.errors import InputError, SettingsError
from anpr.runtime.metrics import LOGINS_REFUSED
from anpr.settings.oidc import OidcSettings
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.users.accounts import User, is_user_name
from anpr.store.users.provider_users import (
    LoginUsedError,
    NameTakenError,
    NoNameError,
    ProvedPerson,
    ShutOutError,
    admit,
    known_as,
    use_login,
)
from anpr.store.users.sessions import start_session

_REASONS: Mapping[type[InputError], PersonRefused] = {
    NameTakenError: PersonRefused.NAME_TAKEN,
    NoNameError: PersonRefused.NO_NAME,
    ShutOutError: PersonRefused.SHUT_OUT,
}


def begin_provider_session(
    console: Console, settings: OidcSettings, login: ProviderLogin, claims: Mapping[str, Any], address: str
) -> Session:
    """The session of the person of these claims, who asks from this address.

    Refusals fill the audit, so that who is refused again and again waits, as with wrong passwords.

    Raises LoginDelayedError, PersonRefusedError, TokenRefusedError when this login has begun one before, SettingsError
    when a group has an organisation that is not there, and StoreError.
    """
    place = f"{claims['sub']} provider"  # no user's name has a space
    wait = console.throttle.admit(place, address)
    if wait.seconds > 0:
        LOGINS_REFUSED.labels("delayed").inc()
        raise LoginDelayedError(ceil(wait.seconds), by_account=wait.by_account)
    try:
        person = person_of(claims, settings)
        _check_second_factor(console, settings, person)
        session = _begin(console, settings, login, person, address)
        console.throttle.succeeded(place, address)
        return session
    except PersonRefusedError as refused:
        LOGINS_REFUSED.labels("person").inc()
        _record_refusal(console, settings, claims, refused, address)
        raise


def _check_second_factor(console: Console, settings: OidcSettings, person: Person) -> None:
    is_needed = person.role in console.settings.console.second_factor and not settings.second_factor_trusted
    if is_needed and not person.has_second_factor:
        raise PersonRefusedError(PersonRefused.NO_SECOND_FACTOR)


def _begin(console: Console, settings: OidcSettings, login: ProviderLogin, person: Person, address: str) -> Session:
    """User, login, session and audit, all or nothing."""
    now = console.clock.now()
    proved = ProvedPerson(
        provider=settings.issuer,
        subject=person.subject,
        name=person.name,
        role=person.role,
        organisation_id=person.organisation_id,
        groups=person.groups,
    )
    try:
        with console.database.transaction() as conn:
            use_login(conn, login.digest, now)
            user = admit(conn, proved, now)
            session = console.sessions.start(user.name, user.password_hash)
            start_session(conn, session.key, user.name, now)
            append(conn, _login_of(user, person, address, settings, now))
    except LoginUsedError as exc:
        raise TokenRefusedError(str(exc)) from exc
    except InputError as exc:
        if type(exc) not in _REASONS:
            raise SettingsError(f"console.oidc.groups: {exc}") from exc
        raise PersonRefusedError(_REASONS[type(exc)]) from exc
    return session


def _login_of(user: User, person: Person, address: str, settings: OidcSettings, now: datetime) -> AuditEvent:
    detail: dict[str, object] = {"address": address, "provider": settings.issuer}
    if person.has_second_factor:
        detail["second_factor"] = "provider"
    return AuditEvent(actor=user.name, action=AuditAction.LOGIN, at=now, detail=detail)


def record_token_refusal(console: Console, address: str) -> None:
    """The provider gave a token that proves nobody. Raises StoreError."""
    oidc = console.settings.console.oidc
    detail = {"address": address, "provider": oidc.issuer if oidc else None, "refused": "token"}
    record(console, "unknown", AuditAction.LOGIN_REFUSED, detail)


def _record_refusal(
    console: Console, settings: OidcSettings, claims: Mapping[str, Any], refused: PersonRefusedError, address: str
) -> None:
    """Under the name of the user whom the provider knows by this subject; a name that is only claimed is a detail."""
    with console.database.transaction() as conn:
        known = known_as(conn, settings.issuer, claims["sub"])
    name = name_of(claims, settings)
    detail: dict[str, object] = {"address": address, "provider": settings.issuer, "refused": str(refused.reason)}
    if known is None and is_user_name(name):
        detail["name"] = name
    if refused.groups:
        detail["groups"] = list(refused.groups)
    record(console, known or "unknown", AuditAction.LOGIN_REFUSED, detail)
