"""Blocks: they end follows in both directions, and stay active.

A peer is notified of the block of one of its accounts (as with Mastodon), so that it can enforce it.
"""

from __future__ import annotations

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.domain.notifications import conversations, notifications
from fedserver.domain.relationships import follows
from fedserver.text.locales import gettext
from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts import collections as collection_queries
from storage.queries.relationships import blocks as block_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow
from storage.rows.relationships import BlockRow

Pairs = list[tuple[int, int]]


async def block(tx: Tx, site: NodeContext, actor: AccountRow, target: AccountRow) -> None:
    """Block an account. Raises ForbiddenError for one's own."""
    if actor.id == target.id:
        raise ForbiddenError(gettext("You cannot block yourself."))
    block_id = tx.new_id()
    uri = site.links.activity(actor.uri, "blocks", block_id)
    await follows.sever(tx, actor, target)
    if await block_queries.insert(tx, BlockRow(block_id, actor.id, target.id, uri, tx.now)) and target.domain:
        await jobs.enqueue(tx, jobs.Block(actor.id, target.id, uri))
    await _remove_ties(tx, actor, target)


async def _remove_ties(tx: Tx, first: AccountRow, second: AccountRow) -> None:
    for account, other in ((first, second), (second, first)):
        await home_entry_queries.delete_by_author(tx, account.id, other.id)
        await collection_queries.delete_account_items(tx, account.id, other.id)
        await notifications.remove_by_sender(tx, account.id, other.id)
        await conversations.remove_between(tx, account.id, other.id)
    tx.emit(events.RELATION_CHANGED, account_id=first.id, target_id=second.id)


async def unblock(tx: Tx, actor: AccountRow, target: AccountRow) -> None:
    """End a block; nothing happens if there is none."""
    row = await block_queries.find(tx, actor.id, target.id)
    if row is None:
        return
    await block_queries.delete_block(tx, actor.id, target.id)
    if target.domain:
        await jobs.enqueue(tx, jobs.UndoBlock(actor.id, target.id, row.uri))
    tx.emit(events.RELATION_CHANGED, account_id=actor.id, target_id=target.id)


async def receive(tx: Tx, actor: AccountRow, target: AccountRow, uri: str) -> None:
    """Record that a remote account blocks a local one, who is not notified."""
    if not target.domain:
        await follows.receive_undo(tx, actor, target.id)
        await follows.receive_undo(tx, target, actor.id)
        await block_queries.insert(tx, BlockRow(tx.new_id(), actor.id, target.id, uri, tx.now))
        await _remove_ties(tx, actor, target)


async def receive_undo(tx: Tx, actor: AccountRow, uri: str, target: AccountRow | None) -> bool:
    """Remove the block of a remote account, by its target or its URI; False if there is none."""
    if target is not None:
        return await block_queries.delete_block(tx, actor.id, target.id)
    return await block_queries.delete_by_uri(tx, actor.id, uri)


async def list_blocked(tx: ReadTx, actor: AccountRow, page: Page) -> Pairs:
    """Return cursors and ids of blocked accounts."""
    return await block_queries.list_blocked(tx, actor.id, page)
