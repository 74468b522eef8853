"""`fedserver member …`: the people who can log in."""

from __future__ import annotations

from pathlib import Path

import click

from fedserver.cli.language import group, json_option, option, print_json
from fedserver.cli.password_options import password_options
from fedserver.cli.settings import async_command, config_option, connect_database, load_context, read_config
from fedserver.domain.accounts import accounts
from fedserver.domain.audit_log import audit_log
from fedserver.domain.auth import member_access, members, passwords, two_factor
from fedserver.domain.kernel import secrets
from fedserver.federation.keys import generate
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.rows.auth import MemberRow

ROLE = click.Choice(members.ROLES)
SHOWN_FIELDS = (
    "email", "role", "locale", "invites_left", "created_at", "email_confirmed_at", "approved_at",
    "disabled_at", "active_at",
)  # fmt: skip


@group()
def member() -> None:
    """Add, list and change members."""


async def _get_and_record(tx: Tx, name: str, verb: str, reason: str = "") -> MemberRow:
    """Return a member, and record the action of the operator in the audit log."""
    row = await members.get_by_username(tx, name)
    account = await accounts.find_by_handle(tx, name)
    target = account.uri if account is not None else name
    await audit_log.record(tx, None, f"member.{verb}", target=target, reason=reason, shows_reason=True)
    return row


@member.command()
@click.argument("name")
@option("--email", required=True, help="The mail address of the member.")
@password_options(is_required=True)
@option("--role", type=ROLE, default="member", help="What the member may do.")
@config_option
@async_command
async def add(name: str, email: str, password: str, role: str, config_path: Path | None) -> None:
    """Add a member who is confirmed and approved.

    Without an option for the password it is asked for.
    """
    config = read_config(config_path)
    passwords.check_password(password, name, email)
    password_hash = await passwords.Passwords().hash(password)
    new_keys = await generate()
    async with connect_database(config) as db, db.write() as tx:
        _, account = await members.create_approved(
            tx, await load_context(tx, config), name, email, password_hash, new_keys, role=role
        )
        await _get_and_record(tx, name, "add", role)
    click.echo(
        gettext(
            "@%(name)s@%(domain)s is added, with the role %(role)s.",
            name=account.username,
            domain=config.node.domain,
            role=role,
        )
    )


@member.command("list")
@json_option
@config_option
@async_command
async def list_all(config_path: Path | None, as_json: bool) -> None:
    """List all members."""
    async with connect_database(read_config(config_path)) as db, db.read() as tx:
        rows = await members.list_all(tx)
    if as_json:
        print_json([_describe(row, username) for row, username in rows])
        return
    for row, username in rows:
        state = _name_state(row)
        click.echo(f"{username}\t{row.role}\t{state}\t{row.email}")


def _name_state(row: MemberRow) -> str:
    return "disabled" if row.disabled_at else "active" if row.approved_at else "waiting"


def _describe(row: MemberRow, username: str) -> dict[str, object]:
    """Return what programs may know of a member; moments are milliseconds UTC."""
    fields = {field: getattr(row, field) for field in SHOWN_FIELDS}
    return {"username": username, "state": _name_state(row), **fields}


@member.command()
@click.argument("name")
@json_option
@config_option
@async_command
async def show(name: str, config_path: Path | None, as_json: bool) -> None:
    """Show one member."""
    async with connect_database(read_config(config_path)) as db, db.read() as tx:
        row = await members.get_by_username(tx, name)
    if as_json:
        print_json(_describe(row, name))
        return
    for field in SHOWN_FIELDS:
        click.echo(f"{field}: {getattr(row, field)}")


@member.command()
@click.argument("name")
@click.argument("role", type=ROLE)
@config_option
@async_command
async def role(name: str, role: str, config_path: Path | None) -> None:
    """Give a member another role."""
    async with connect_database(read_config(config_path)) as db, db.write() as tx:
        await members.set_role(tx, await _get_and_record(tx, name, "role", role), role)
    click.echo(gettext("%(name)s has the role %(role)s now.", name=name, role=role))


@member.command()
@click.argument("name")
@config_option
@async_command
async def approve(name: str, config_path: Path | None) -> None:
    """Approve someone who asked to join."""
    async with connect_database(read_config(config_path)) as db, db.write() as tx:
        await members.approve(tx, await _get_and_record(tx, name, "approve"))
    click.echo(gettext("%(name)s can log in now.", name=name))


@member.command()
@click.argument("name")
@config_option
@async_command
async def disable(name: str, config_path: Path | None) -> None:
    """Disable a member; their browsers and apps are logged out."""
    async with connect_database(read_config(config_path)) as db, db.write() as tx:
        await member_access.set_disabled(tx, await _get_and_record(tx, name, "disable"), disabled=True)
    click.echo(gettext("%(name)s is disabled.", name=name))


@member.command()
@click.argument("name")
@config_option
@async_command
async def enable(name: str, config_path: Path | None) -> None:
    """Enable a disabled member."""
    async with connect_database(read_config(config_path)) as db, db.write() as tx:
        await member_access.set_disabled(tx, await _get_and_record(tx, name, "enable"), disabled=False)
    click.echo(gettext("%(name)s is enabled.", name=name))


@member.command("reset-password")
@click.argument("name")
@password_options(is_required=False)
@config_option
@async_command
async def reset_password(name: str, password: str | None, config_path: Path | None) -> None:
    """Set a new password; browsers and apps have to log in again.

    Without an option for the password one is generated.
    """
    config = read_config(config_path)
    new_password = secrets.new_secret()[:20] if password is None else password
    passwords.check_password(new_password, name)
    password_hash = await passwords.Passwords().hash(new_password)
    async with connect_database(config) as db, db.write() as tx:
        await member_access.set_password(tx, await _get_and_record(tx, name, "password"), password_hash)
    if password is not None:
        click.echo(gettext("%(name)s has a new password.", name=name))
    else:
        click.echo(gettext("The new password of %(name)s is: %(password)s", name=name, password=new_password))


@member.command("reset-2fa")
@click.argument("name")
@config_option
@async_command
async def reset_two_factor(name: str, config_path: Path | None) -> None:
    """Remove the second factor, recovery codes and passkeys of someone who lost their device."""
    async with connect_database(read_config(config_path)) as db, db.write() as tx:
        await two_factor.reset(tx, await _get_and_record(tx, name, "second_step"))
    click.echo(gettext("%(name)s logs in with the password alone now.", name=name))
