"""Imports that overwrite: what the file does not name is removed before its lines are processed."""

from __future__ import annotations

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.portability import import_batches, import_files
from fedserver.domain.relationships import blocks, follows, lists, mutes
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.portability import exports as export_queries
from storage.queries.portability import imports as import_queries
from storage.rows.accounts import AccountRow
from storage.rows.portability import ImportRow

BATCH_SIZE = 50  # accounts of one transaction


async def clear_unlisted(tx: Tx, site: NodeContext, job: jobs.ContinueImport) -> bool:
    """Remove a batch of what the file does not name; return True when nothing is left to remove."""
    row = await import_queries.find(tx, job.import_id)
    actor = await account_queries.find(tx, row.account_id) if row is not None else None
    if row is None or actor is None or not row.overwrites:
        return True
    match row.kind:
        case "bookmarks":
            await import_queries.delete_unlisted_bookmarks(tx, actor.id, row.id)
        case "domain_blocking":
            await import_queries.delete_unlisted_domain_mutes(tx, actor.id, row.id)
        case "lists":
            await _clear_lists(tx, site, row, actor)
        case _:
            return await _clear_accounts(tx, site, row, actor, job)
    return True


async def _clear_lists(tx: Tx, site: NodeContext, row: ImportRow, actor: AccountRow) -> None:
    """Remove unlisted accounts from the lists that the file names; other lists stay."""
    addresses = set(await import_queries.list_addresses(tx, row.id))
    titles = {address.rpartition("\n")[0] for address in addresses}
    unlisted: dict[int, list[int]] = {}
    for list_id, title, account_id, name, domain in await export_queries.list_list_members(tx, actor.id):
        handle = import_files.format_handle(site, name, domain).lower()
        if title in titles and f"{title}\n{handle}" not in addresses:
            unlisted.setdefault(list_id, []).append(account_id)
    for list_id, account_ids in unlisted.items():
        await lists.remove_accounts(tx, actor, list_id, account_ids)


async def _clear_accounts(
    tx: Tx, site: NodeContext, row: ImportRow, actor: AccountRow, job: jobs.ContinueImport
) -> bool:
    """Unfollow, unblock or unmute a batch of unlisted accounts; return True at the end."""
    related = await export_queries.list_related_accounts(tx, row.kind, actor.id, job.after_id, BATCH_SIZE)
    handles = {
        account_id: import_files.format_handle(site, name, domain).lower()
        for _, account_id, name, domain, *_ in related
    }
    listed = await import_queries.load_existing_addresses(tx, row.id, list(handles.values()))
    unlisted = [account_id for account_id, handle in handles.items() if handle not in listed]
    for target in await account_queries.load_by_ids(tx, unlisted):
        match row.kind:
            case "following":
                await follows.unfollow(tx, site, actor, target)
            case "blocking":
                await blocks.unblock(tx, actor, target)
            case "muting":
                await mutes.unmute(tx, actor, target)
    if len(related) < BATCH_SIZE:
        return True
    await import_batches.enqueue_next(tx, jobs.ContinueImport(row.id, related[-1][0]))
    return False
