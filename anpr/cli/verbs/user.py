# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr user`: console users. Passwords are prompted for or read from a file, never taken from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Literal

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.words import ROLE
from anpr.cli.main import loaded_settings
from anpr.domain.access import Role
from anpr.domain.errors import InputError
from anpr.domain.local_time import read_day
from anpr.domain.organisation import MANAGER
from anpr.runtime.clock import SystemClock
from anpr.settings.secret_file import read_secret_file
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.organisations.registry import get_organisation
from anpr.store.users import administration
from anpr.store.users.accounts import User, list_users
from anpr.store.users.common_passwords import is_common
from anpr.store.users.passwords import hash_password

_PASSWORD_FILE = click.option(
    "--password-file", type=click.Path(path_type=Path), help="Read the password from this file's first line."
)


_KEEP = click.option("--keep", is_flag=True, help="The user may keep this password; else it is to be changed at login.")


class LastDay(click.ParamType[date | Literal["never"]]):
    """A day (2026-12-31 or 31/12/2026), or `never` for no end."""

    name = "day"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002  the signature is click's
        return "DAY|never"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date | Literal["never"]:
        text = str(value).strip().lower()
        if text == "never":
            return "never"
        try:
            return read_day("--ends-on", text)
        except InputError:
            self.fail(f"{value!r} is no day: expected 2026-12-31, 31/12/2026, or never", param, ctx)


_ENDS_ON = click.option("--ends-on", type=LastDay(), help="Last day on which the user can log in (UTC); never: no end.")


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
@click.option("--organisation", default=MANAGER, show_default=True, metavar="ID", help="For whom they work.")
@_ENDS_ON
@_PASSWORD_FILE
@_KEEP
@click.pass_context
def add(  # noqa: PLR0913, PLR0917  one parameter for each option
    ctx: click.Context,
    name: str,
    role: str,
    organisation: str,
    ends_on: date | Literal["never"] | None,
    password_file: Path | None,
    keep: bool,
) -> None:
    """Create the user NAME; asks for the password, in whose place the user chooses their own at the first login."""
    by, day = _author(), _day(ends_on)
    administration.refuse_past(day, by.at)
    password_hash = _hash(name, _read_password(password_file))
    user = User(
        name=name, role=Role(role), password_hash=password_hash, must_change=not keep, ends_on=day,
        organisation_id=organisation,
    )  # fmt: skip
    with _transaction(ctx) as conn:
        get_organisation(conn, organisation)
        administration.add_user(conn, user, by)
    click.echo(f"user {name} created with the role {role}")


@command.command(name="list")
@click.pass_context
def list_command(ctx: click.Context) -> None:
    """List users with their roles, who is disabled, and last days (UTC)."""
    with _transaction(ctx) as conn:
        users = list_users(conn)
    for user in users:
        ends = [f"until {user.ends_on}"] if user.ends_on else []
        factor = ["second factor"] if user.has_second_factor else []
        of = [user.organisation_id] if user.organisation_id != MANAGER else []
        through = [f"through {user.provider}"] if user.provider else []
        told = [*of, *(["disabled"] if user.disabled else []), *ends, *factor, *through]
        click.echo("\t".join([user.name, user.role, *told]))


@command.command()
@click.argument("name")
@_PASSWORD_FILE
@_KEEP
@click.pass_context
def password(ctx: click.Context, name: str, password_file: Path | None, keep: bool) -> None:
    """Set a password for NAME, in whose place the user chooses their own at the next login; ends their sessions."""
    password_hash = _hash(name, _read_password(password_file))
    with _transaction(ctx) as conn:
        administration.change_password(conn, name, password_hash, _author(), must_change=not keep)
    click.echo(f"password of {name} set")


@command.command(name="change")
@click.argument("name")
@click.option("--role", type=ROLE, help="The new role.")
@click.option("--organisation", metavar="ID", help="The new organisation.")
@click.option("--disable/--enable", "disabled", default=None, help="Whether the user can log in.")
@_ENDS_ON
@click.pass_context
def change(
    ctx: click.Context,
    /,
    name: str,
    role: str | None,
    organisation: str | None,
    disabled: bool | None,
    ends_on: date | Literal["never"] | None,
) -> None:
    """Change the role, the organisation or the last day of NAME, or disable or enable the user."""
    if role is None and organisation is None and disabled is None and ends_on is None:
        raise InputError("nothing to change: give --role, --organisation, --disable, --enable or --ends-on")
    by = _author()
    with _transaction(ctx) as conn:
        if role is not None:
            administration.change_role(conn, name, Role(role), by)
        if organisation is not None:
            administration.change_organisation(conn, name, organisation, by)
        if disabled is not None:
            administration.change_disabled(conn, name, disabled, by)
        if ends_on is not None:
            administration.change_ends_on(conn, name, _day(ends_on), by)
    click.echo(f"user {name} changed")


@command.command(name="end-sessions")
@click.argument("name")
@click.pass_context
def end_sessions(ctx: click.Context, name: str) -> None:
    """End all sessions of NAME, in every console."""
    with _transaction(ctx) as conn:
        ended = administration.end_sessions(conn, name, _author())
    click.echo(f"sessions of {name} ended: {ended}")


@command.command(name="reset-second-factor")
@click.argument("name", required=False)
@click.option("--all", "of_all", is_flag=True, help="Of everybody: data_dir/second-factor-key is lost.")
@click.pass_context
def reset_second_factor(ctx: click.Context, name: str | None, of_all: bool) -> None:
    """Remove the second factor of NAME, who has lost it, and end their sessions."""
    if (name is None) is not of_all:
        raise InputError("expected the name of a user, or --all")
    with _transaction(ctx) as conn:
        if name is None:
            names = administration.reset_second_factors(conn, _author())
            click.echo(f"second factors removed: {', '.join(names) or 'none'}")
            return
        if not administration.reset_second_factor(conn, name, _author()):
            raise InputError(f"user {name}: has no second factor")
    click.echo(f"second factor of {name} removed")


@command.command(name="hand-over")
@click.argument("name")
@click.pass_context
def hand_over(ctx: click.Context, name: str) -> None:
    """Let NAME log in through the provider of console.oidc from now on: the password and all sessions end.

    NAME becomes the person of this name who logs in there next. Make sure that it is the right one.
    """
    oidc = loaded_settings(ctx).settings.console.oidc
    if oidc is None:
        raise InputError("console.oidc: there is no provider to hand the user over to")
    with _transaction(ctx) as conn:
        administration.hand_over(conn, name, oidc.issuer, _author())
    click.echo(f"user {name}: logs in through {oidc.name} from now on")


@contextmanager
def _transaction(ctx: click.Context) -> Iterator[Connection]:
    with open_database(loaded_settings(ctx).settings, "anpr user") as database, database.transaction() as conn:
        yield conn


def _author() -> Author:
    return Author(name=operating_system_user(), at=SystemClock().now())


def _day(ends_on: date | Literal["never"] | None) -> date | None:
    return None if ends_on == "never" else ends_on


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
