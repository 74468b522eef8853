"""Rows that are not needed any more: what is deleted after which time."""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.accounts import decisions
from fedserver.domain.auth import expiry
from fedserver.domain.content import autosaves
from fedserver.domain.moderation import moderated_posts
from fedserver.domain.notifications import email_subscriptions
from fedserver.domain.portability import archives, imports
from fedserver.domain.registration import email_blocks
from storage.engine import ReadTx, Tx, first_id_at
from storage.queries.content import tags as tag_queries
from storage.queries.peers import peers as peer_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import blocks as block_queries
from storage.queries.timelines import cards as card_queries
from storage.queries.timelines import translations as translation_queries

DAY_MS = 86_400_000
EXPIRED_MUTE_RETENTION_MS = DAY_MS
# Longer than the window in which a signature counts, so that a deleted post cannot come back.
TOMBSTONE_RETENTION_MS = 14 * DAY_MS
PEER_RETENTION_MS = 30 * DAY_MS
TAG_RETENTION_MS, TAG_BATCH_SIZE = 7 * DAY_MS, 1_000
CARD_RETENTION_MS = 28 * DAY_MS
TRANSLATION_RETENTION_MS = 30 * DAY_MS


async def list_unused_tags(tx: ReadTx) -> list[int]:
    """Return tags that nothing has any more, to be deleted by `purge_tags`."""
    return await tag_queries.list_unused(tx, first_id_at(tx.now - TAG_RETENTION_MS), TAG_BATCH_SIZE)


async def purge_tags(tx: Tx, ids: Sequence[int]) -> None:
    """Delete those of the tags that are still unused."""
    await tag_queries.delete_unused(tx, ids, first_id_at(tx.now - TAG_RETENTION_MS))


async def purge_rows(tx: Tx) -> None:
    """Delete all rows whose time is over."""
    await expiry.purge(tx)
    await email_blocks.purge_attempts(tx)
    await peer_queries.delete_unused(tx, tx.now - PEER_RETENTION_MS)
    await email_subscriptions.purge_unconfirmed(tx)
    # A job ends each mute; this is for those whose job was given up.
    await block_queries.purge_expired_mutes(tx, tx.now - EXPIRED_MUTE_RETENTION_MS)
    await decisions.purge_tombstones(tx)
    await post_queries.purge_expired_tombstones(tx, tx.now - TOMBSTONE_RETENTION_MS)
    await card_queries.purge_unused(tx, tx.now - CARD_RETENTION_MS)
    await translation_queries.purge_expired(tx, tx.now - TRANSLATION_RETENTION_MS)
    await autosaves.purge_expired(tx)
    await imports.purge_expired(tx)
    await archives.purge_expired(tx)
    await moderated_posts.erase_texts(tx)
