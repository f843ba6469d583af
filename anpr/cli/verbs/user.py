# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr user`: console users. Passwords are prompted for or read from a file, never taken from the command line."""

from pathlib import Path

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.words import ROLE
from anpr.cli.main import loaded_settings
from anpr.domain.access import Role
from anpr.domain.errors import InputError
from anpr.domain.near_name import suggestion
from anpr.runtime.clock import SystemClock
from anpr.settings.secret_file import read_secret_file
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.users.accounts import User, create_user, list_users, set_disabled, set_password_hash, set_role
from anpr.store.users.common_passwords import is_common
from anpr.store.users.passwords import hash_password
from anpr.store.users.sessions import end_sessions_of

_PASSWORD_FILE = click.option(
    "--password-file", type=click.Path(path_type=Path), help="Read the password from this file's first line."
)


_KEEP = click.option("--keep", is_flag=True, help="The user may keep this password; else it is to be changed at login.")


@click.group(name="user")
def command() -> None:
    """Create console users and set their passwords.

    A user is never removed, as the audit names them: `anpr user change NAME --disable` shuts them out.
    """


@command.command(hidden=True)
@click.argument("name")
def remove(name: str) -> None:
    """Says what to do instead."""
    raise InputError(f"users are not removed, as the audit names them: anpr user change {name} --disable")


@command.command()
@click.argument("name")
@click.option("--role", type=ROLE, required=True, help="What the user may do.")
@_PASSWORD_FILE
@_KEEP
@click.pass_context
def add(ctx: click.Context, name: str, role: str, password_file: Path | None, keep: bool) -> None:
    """Create the user NAME; asks for the password, in whose place the user chooses their own at the first login."""
    password_hash = _hash(name, _read_password(password_file))
    with open_database(loaded_settings(ctx).settings, "anpr user") as database, database.transaction() as conn:
        create_user(conn, User(name=name, role=Role(role), password_hash=password_hash, must_change=not keep))
        _note(conn, AuditAction.USER_CREATED, {"user": name, "role": role})
    click.echo(f"user {name} created with the role {role}")


@command.command(name="list")
@click.pass_context
def list_command(ctx: click.Context) -> None:
    """List users with their roles."""
    with open_database(loaded_settings(ctx).settings, "anpr user") as database, database.transaction() as conn:
        users = list_users(conn)
    for user in users:
        click.echo("\t".join([user.name, user.role, *(["disabled"] if user.disabled else [])]))


@command.command()
@click.argument("name")
@_PASSWORD_FILE
@_KEEP
@click.pass_context
def password(ctx: click.Context, name: str, password_file: Path | None, keep: bool) -> None:
    """Set a password for NAME, in whose place the user chooses their own at the next login; ends their sessions."""
    password_hash = _hash(name, _read_password(password_file))
    with open_database(loaded_settings(ctx).settings, "anpr user") as database, database.transaction() as conn:
        set_password_hash(conn, name, password_hash, must_change=not keep)
        _note(conn, AuditAction.USER_CHANGED, {"user": name, "changed": "password"})
    click.echo(f"password of {name} set")


@command.command(name="change")
@click.argument("name")
@click.option("--role", type=ROLE, help="The new role.")
@click.option("--disable/--enable", "disabled", default=None, help="Whether the user can log in.")
@click.pass_context
def change(ctx: click.Context, name: str, role: str | None, disabled: bool | None) -> None:
    """Change the role of NAME, or disable or enable the user."""
    if role is None and disabled is None:
        raise InputError("nothing to change: give --role, --disable or --enable")
    with open_database(loaded_settings(ctx).settings, "anpr user") as database, database.transaction() as conn:
        if role is not None:
            set_role(conn, name, Role(role))
            _note(conn, AuditAction.USER_CHANGED, {"user": name, "changed": "role", "role": role})
        if disabled is not None:
            set_disabled(conn, name, disabled)
            _note(conn, AuditAction.USER_CHANGED, {"user": name, "changed": "disabled", "disabled": disabled})
    click.echo(f"user {name} changed")


@command.command(name="end-sessions")
@click.argument("name")
@click.pass_context
def end_sessions(ctx: click.Context, name: str) -> None:
    """End all sessions of NAME, in every console."""
    with open_database(loaded_settings(ctx).settings, "anpr user") as database, database.transaction() as conn:
        known = [user.name for user in list_users(conn)]
        if name not in known:
            raise InputError(f"user {name}: no such user{suggestion(name, known)}")
        ended = end_sessions_of(conn, name)
        _note(conn, AuditAction.USER_CHANGED, {"user": name, "changed": "sessions", "sessions": ended})
    click.echo(f"sessions of {name} ended: {ended}")


def _hash(name: str, password: str) -> str:
    password_hash = hash_password(password)  # says first when it is too short
    if is_common(password, name):
        raise InputError("password: among the first that somebody would try; choose another one")
    return password_hash


def _read_password(path: Path | None) -> str:
    if path is None:
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    return read_secret_file(path).splitlines()[0]


def _note(conn: Connection, action: AuditAction, detail: dict[str, object]) -> None:
    event = AuditEvent(actor=operating_system_user(), action=action, at=SystemClock().now(), detail=detail)
    append(conn, event)
