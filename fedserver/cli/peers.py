"""`fedserver peer …`: decisions about the servers that this node federates with."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click
from msgspec import structs

from fedserver.cli.language import group, json_option, option, print_json
from fedserver.cli.settings import (
    async_command,
    config_option,
    connect_database,
    load_context,
    read_config,
    run_async,
)
from fedserver.domain.peers import own_node, peer_files, peer_lists, peer_plans, peers
from fedserver.text.locales import gettext, ngettext
from storage.engine import ReadTx


@group()
def peer() -> None:
    """List, allow, limit and block peers; import and export decisions."""


@peer.command("list")
@json_option
@config_option
@async_command
async def list_all(config_path: Path | None, as_json: bool) -> None:
    """List the known peers."""
    async with connect_database(read_config(config_path)) as db, db.read() as tx:
        rows = await peers.list_all(tx)
    if as_json:
        fields = ("domain", "policy", "reason", "failures", "failing_since_at", "retry_at")
        print_json([{field: getattr(row, field) for field in fields} for row in rows])
        return
    for row in rows:
        # Columns are for programs: they stay as they are in every language.
        state = f"{row.failures} failures" if row.failures else "answers"
        click.echo(f"{row.domain}\t{row.policy or '-'}\t{state}\t{row.reason}")


async def _decide(
    config_path: Path | None, host: str, policy: str, reason: str, public_comment: str | None = None
) -> None:
    config = read_config(config_path)
    async with connect_database(config) as db, db.write() as tx:
        if policy:
            own_node.require_other_node(await load_context(tx, config), host, policy)
            decision = await _complete(tx, host, peers.PeerDecision(policy, reason), public_comment)
            row = await peers.decide(tx, None, host, decision)
        else:
            row = await peers.reset(tx, None, host, reason)
    if policy:
        click.echo(gettext("The decision about %(domain)s is: %(policy)s", domain=row.domain, policy=policy))
    else:
        click.echo(gettext("There is no decision about %(domain)s any more.", domain=row.domain))
    click.echo(gettext("A running node applies it within a few seconds."))


async def _complete(
    tx: ReadTx, host: str, decision: peers.PeerDecision, public_comment: str | None
) -> peers.PeerDecision:
    """Return the decision with what a former one says of the peer, where the command does not name it."""
    domain = peers.normalize_domain(host)
    former = next((row for row in await peers.list_with_decision(tx) if row.domain == domain), None)
    if former is None:
        return structs.replace(decision, public_comment=public_comment or "")
    return structs.replace(
        decision,
        reason=decision.reason or former.reason,
        rejects_media=former.rejects_media,
        rejects_reports=former.rejects_reports,
        obfuscates=former.obfuscates,
        public_comment=former.public_comment if public_comment is None else public_comment,
    )


reason_option = option(
    "--reason", default="", help="The reason, for moderators; it is recorded in the audit log."
)
public_comment_option = option(
    "--public-comment",
    default=None,
    help="A comment that visitors read in the public list of blocked servers.",
)


@peer.command()
@click.argument("domain")
@reason_option
@config_option
@async_command
async def allow(domain: str, reason: str, config_path: Path | None) -> None:
    """Allow a peer; needed where federation.mode is allowlist."""
    await _decide(config_path, domain, "allow", reason)


@peer.command()
@click.argument("domain")
@reason_option
@public_comment_option
@config_option
@async_command
async def block(domain: str, reason: str, public_comment: str | None, config_path: Path | None) -> None:
    """Block a peer and all its subdomains."""
    await _decide(config_path, domain, "block", reason, public_comment)


@peer.command()
@click.argument("domain")
@reason_option
@public_comment_option
@config_option
@async_command
async def limit(domain: str, reason: str, public_comment: str | None, config_path: Path | None) -> None:
    """Limit a peer: only followers see its accounts."""
    await _decide(config_path, domain, "limit", reason, public_comment)


@peer.command()
@click.argument("domain")
@reason_option
@config_option
@async_command
async def remove(domain: str, reason: str, config_path: Path | None) -> None:
    """Remove the decision about a peer."""
    await _decide(config_path, domain, "", reason)


allow_option = option("--allow", is_flag=True, help="A list of allowed peers instead of blocks.")


@peer.command("export")
@allow_option
@config_option
@async_command
async def export_decisions(allow: bool, config_path: Path | None) -> None:
    """Write the decisions to standard output, in the CSV format of Mastodon."""
    async with connect_database(read_config(config_path)) as db, db.read() as tx:
        rows = await peers.list_with_decision(tx)
    kind = peer_files.ALLOW if allow else peer_files.BLOCK
    click.echo(peer_files.render(rows, kind), nl=False)


@peer.command("import")
@click.argument("file", type=click.File("rb"))
@allow_option
@option("--yes", is_flag=True, help="Make the changes without asking.")
@config_option
def import_file(file: BinaryIO, allow: bool, yes: bool, config_path: Path | None) -> None:
    """Import a CSV file of Mastodon, or one domain a line (- for standard input).

    The changes are shown first.
    """
    config = read_config(config_path)
    kind = peer_files.ALLOW if allow else peer_files.BLOCK
    data = file.read(peer_files.MAX_BYTES + 1)

    async def build_plan() -> tuple[peer_plans.PeerPlan, int]:
        reading = peer_files.parse(data, kind)
        async with connect_database(config) as db, db.read() as tx:
            return await peer_plans.build(
                tx, await load_context(tx, config), reading.entries
            ), reading.unusable

    async def apply() -> int:
        async with connect_database(config) as db, db.write() as tx:
            return await peer_lists.import_file(tx, await load_context(tx, config), None, data, kind, set())

    plan, unusable = run_async(build_plan())
    _print_plan(plan, unusable)
    if not plan.changing:
        return
    if not yes:
        click.confirm(gettext("Make these changes?"), abort=True)
    changed = run_async(apply())
    click.echo(ngettext("%(count)s peer is changed.", "%(count)s peers are changed.", changed, count=changed))
    click.echo(gettext("A running node applies it within a few seconds."))


def _print_plan(plan: peer_plans.PeerPlan, unusable: int) -> None:
    for change in plan.changing:
        policy = change.entry.policy if change.entry is not None else ""
        lost = change.followers + change.following
        ended = ngettext("%(count)s follow ends", "%(count)s follows end", lost, count=lost) if lost else ""
        click.echo(f"{change.kind}\t{change.domain}\t{policy or 'note'}\t{ended}")
    counts = plan.count_by_kind()
    for text, count in (
        (gettext("New peers: %(count)s", count=counts["new"]), counts["new"]),
        (gettext("Changed: %(count)s", count=counts["changed"]), counts["changed"]),
        (gettext("There already: %(count)s", count=counts["same"]), counts["same"]),
        (gettext("Left out: %(count)s", count=counts["left"]), counts["left"]),
        (gettext("Rows that cannot be read: %(count)s", count=unusable), unusable),
        (gettext("Follows that would end: %(count)s", count=plan.lost), plan.lost),
    ):
        if count:
            click.echo(text)
