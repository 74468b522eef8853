"""`fedserver peer …`: with whom this node speaks."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click

from fedserver.cli.settings import async_command, build_context, config_option, connect_database, read_config
from fedserver.domain.peers import peer_files, peer_lists, peer_plans, peers


@click.group()
def peer() -> None:
    """List, allow, limit and block peers; read in and write out lists of them."""


@peer.command("list")
@config_option
@async_command
async def list_all(config_path: Path | None) -> None:
    """List the peers that are known."""
    async with connect_database(read_config(config_path)) as db, db.read() as tx:
        found = await peers.list_all(tx)
    for row in found:
        state = f"{row.failures} failures" if row.failures else "answers"
        click.echo(f"{row.domain}\t{row.policy or '-'}\t{state}\t{row.reason}")


async def _decide(config_path: Path | None, host: str, policy: str, reason: str) -> None:
    async with connect_database(read_config(config_path)) as db, db.write() as tx:
        if policy:
            await peers.decide(tx, None, host, peers.PeerDecision(policy, reason))
        else:
            await peers.reset(tx, None, host, reason)
    click.echo(f"{host}: {policy or 'no decision'}")
    click.echo("A node that is running follows it within a few seconds")


reason_option = click.option("--reason", default="", help="Why; it is kept in the log of acts.")


@peer.command()
@click.argument("domain")
@reason_option
@config_option
@async_command
async def allow(domain: str, reason: str, config_path: Path | None) -> None:
    """Allow a peer: needed where federation.mode is allowlist."""
    await _decide(config_path, domain, "allow", reason)


@peer.command()
@click.argument("domain")
@reason_option
@config_option
@async_command
async def block(domain: str, reason: str, config_path: Path | None) -> None:
    """Speak with a peer, and everything below its domain, no more."""
    await _decide(config_path, domain, "block", reason)


@peer.command()
@click.argument("domain")
@reason_option
@config_option
@async_command
async def limit(domain: str, reason: str, config_path: Path | None) -> None:
    """Limit a peer: its accounts are seen by those who follow them only."""
    await _decide(config_path, domain, "limit", reason)


@peer.command()
@click.argument("domain")
@reason_option
@config_option
@async_command
async def remove(domain: str, reason: str, config_path: Path | None) -> None:
    """Take a decision about a peer back."""
    await _decide(config_path, domain, "", reason)


allow_option = click.option("--allow", is_flag=True, help="A list of allowed peers instead of blocks.")


@peer.command("export")
@allow_option
@config_option
@async_command
async def export_decisions(allow: bool, config_path: Path | None) -> None:
    """Write the decisions as Mastodon's CSV to the standard output."""
    async with connect_database(read_config(config_path)) as db, db.read() as tx:
        decided = await peers.list_with_decision(tx)
    kind = peer_files.ALLOW if allow else peer_files.BLOCK
    click.echo(peer_files.render(decided, kind), nl=False)


@peer.command("import")
@click.argument("file", type=click.File("rb"))
@allow_option
@click.option("--yes", is_flag=True, help="Do not ask before anything is changed.")
@config_option
@async_command
async def import_file(file: BinaryIO, allow: bool, yes: bool, config_path: Path | None) -> None:
    """Read in a CSV as Mastodon writes it, or one domain a line (- for the standard input).

    What it would change is shown first.
    """
    config = read_config(config_path)
    kind = peer_files.ALLOW if allow else peer_files.BLOCK
    data = file.read(peer_files.MAX_BYTES + 1)
    async with connect_database(config) as db:
        async with db.read() as tx:
            reading = peer_files.parse(data, kind)
            plan = await peer_plans.build(tx, build_context(config), reading.entries)
        _print_plan(plan, reading.unusable)
        if not plan.changing:
            return
        if not yes:
            click.confirm("Change this?", abort=True)
        async with db.write() as tx:
            done = await peer_lists.import_file(tx, build_context(config), None, data, kind, set())
    click.echo(f"{done} changed. A node that is running follows it within a few seconds")


def _print_plan(plan: peer_plans.PeerPlan, unusable: int) -> None:
    for each in plan.changing:
        policy = each.entry.policy if each.entry is not None else ""
        lost = each.followers + each.following
        click.echo(f"{each.kind}\t{each.domain}\t{policy or 'note'}\t{f'{lost} follows end' if lost else ''}")
    found = plan.count_by_kind()
    click.echo(
        f"{found['new']} new, {found['changed']} changed, {found['same']} there already, "
        f"{found['left']} left out, {unusable} rows not understood; {plan.lost} follows would end"
    )
