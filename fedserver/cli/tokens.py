"""`fedserver token …`: access tokens without a browser."""

from __future__ import annotations

from pathlib import Path

import click

from fedserver.cli.language import group, option
from fedserver.cli.settings import async_command, config_option, connect_database, read_config
from fedserver.domain.accounts import accounts
from fedserver.domain.audit_log import audit_log
from fedserver.domain.auth import members, tokens
from fedserver.domain.kernel import scopes


@group()
def token() -> None:
    """Create access tokens for scripts."""


@token.command()
@click.argument("name")
@option("--scope", default="read", show_default=True, help="What the token may do.")
@config_option
@async_command
async def create(name: str, scope: str, config_path: Path | None) -> None:
    """Create an access token of a member and print it, and nothing else."""
    granted = " ".join(scopes.parse(scope))
    async with connect_database(read_config(config_path)) as db, db.write() as tx:
        member = await members.get_by_username(tx, name)
        account = await accounts.get_local(tx, name)
        new_token = await tokens.create(tx, granted, app_id=None, member_id=member.id, account_id=account.id)
        await audit_log.record(
            tx, None, "member.token", target=account.uri, reason=granted, shows_reason=True
        )
    click.echo(new_token.secret)
