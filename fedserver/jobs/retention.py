"""Rows that are not needed any more: what is deleted after which time."""

from __future__ import annotations

from fedserver.domain.accounts import decisions
from fedserver.domain.auth import member_activity
from fedserver.domain.moderation import moderated_posts
from fedserver.domain.notifications import email_subscriptions
from fedserver.domain.portability import archives, imports
from storage.engine import Tx
from storage.queries.auth import ip_blocks as ip_block_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import blocks as block_queries
from storage.queries.timelines import cards as card_queries
from storage.queries.timelines import translations as translation_queries

DAY_MS = 86_400_000
EXPIRED_MUTE_RETENTION_MS = DAY_MS
# Longer than the window in which a signature counts, so that a deleted post cannot come back.
TOMBSTONE_RETENTION_MS = 14 * DAY_MS
CARD_RETENTION_MS = 28 * DAY_MS
TRANSLATION_RETENTION_MS = 30 * DAY_MS


async def purge_rows(tx: Tx) -> None:
    """Delete all rows whose time is over."""
    await ip_block_queries.delete_expired(tx, tx.now)
    await member_activity.purge_addresses(tx)
    await email_subscriptions.purge_unconfirmed(tx)
    # A job ends each mute; this is for those whose job was given up.
    await block_queries.purge_expired_mutes(tx, tx.now - EXPIRED_MUTE_RETENTION_MS)
    await decisions.purge_tombstones(tx)
    await post_queries.purge_expired_tombstones(tx, tx.now - TOMBSTONE_RETENTION_MS)
    await card_queries.purge_unused(tx, tx.now - CARD_RETENTION_MS)
    await translation_queries.purge_expired(tx, tx.now - TRANSLATION_RETENTION_MS)
    await imports.purge_expired(tx)
    await archives.purge_expired(tx)
    await moderated_posts.erase_texts(tx)
