"""`fedserver peer …`: with whom this node speaks."""

from __future__ import annotations

from pathlib import Path

import click

from fedserver import domain
from fedserver.cli.settings import asynchronous, config_option, database, read_config


@click.group()
def peer() -> None:
    """List, allow, limit and block peers."""


@peer.command("list")
@config_option
@asynchronous
async def list_all(config_path: Path | None) -> None:
    """List the peers that are known."""
    async with database(read_config(config_path)) as db, db.read() as tx:
        found = await domain.peers.everybody(tx)
    for row in found:
        state = f"{row.failures} failures" if row.failures else "answers"
        click.echo(f"{row.domain}\t{row.policy or '-'}\t{state}\t{row.reason}")


async def _decide(config_path: Path | None, host: str, policy: str, reason: str) -> None:
    async with database(read_config(config_path)) as db, db.write() as tx:
        if policy:
            await domain.peers.decide(tx, None, host, domain.peers.Decision(policy, reason))
        else:
            await domain.peers.reset(tx, None, host, reason)
    click.echo(f"{host}: {policy or 'no decision'}")
    click.echo("A node that is running follows it within a few seconds")


reason_option = click.option("--reason", default="", help="Why; it is kept in the log of acts.")


@peer.command()
@click.argument("domain")
@reason_option
@config_option
@asynchronous
async def allow(domain: str, reason: str, config_path: Path | None) -> None:
    """Allow a peer: needed where federation.mode is allowlist."""
    await _decide(config_path, domain, "allow", reason)


@peer.command()
@click.argument("domain")
@reason_option
@config_option
@asynchronous
async def block(domain: str, reason: str, config_path: Path | None) -> None:
    """Speak with a peer, and everything below its domain, no more."""
    await _decide(config_path, domain, "block", reason)


@peer.command()
@click.argument("domain")
@reason_option
@config_option
@asynchronous
async def limit(domain: str, reason: str, config_path: Path | None) -> None:
    """Limit a peer: its accounts are seen by those who follow them only."""
    await _decide(config_path, domain, "limit", reason)


@peer.command()
@click.argument("domain")
@reason_option
@config_option
@asynchronous
async def remove(domain: str, reason: str, config_path: Path | None) -> None:
    """Take a decision about a peer back."""
    await _decide(config_path, domain, "", reason)
