"""What is to be done once an hour: what nobody needs any more goes, lists of peers are asked for again."""

from __future__ import annotations

from fedserver.domain.auth import member_activity
from fedserver.domain.content import remote_files
from fedserver.domain.moderation import post_moderation
from fedserver.domain.notifications import email_subscriptions
from fedserver.domain.peers import peer_lists
from fedserver.domain.portability import archives, imports
from fedserver.runtime.services import Services
from storage.ids import first_id_at
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.auth import ip_blocks as ip_block_queries
from storage.queries.auth import member_activity as member_activity_queries
from storage.queries.content import media as media_queries
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.kernel import inbox as inbox_queries
from storage.queries.metrics import backlog as backlog_queries
from storage.queries.notifications import email_subscriptions as email_subscription_queries
from storage.queries.portability import archives as archive_queries
from storage.queries.portability import imports as import_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import blocks as block_queries
from storage.queries.timelines import cards as card_queries
from storage.queries.timelines import translations as translation_queries

HOUR_MS = 3_600_000
INTERVAL_MS = HOUR_MS
ORPHAN_RETENTION_MS = 24 * HOUR_MS
EXPIRED_MUTE_RETENTION_MS = 24 * HOUR_MS
SEEN_RETENTION_MS = 14 * 24 * HOUR_MS
DEAD_RETENTION_MS = 30 * 24 * HOUR_MS
CARD_RETENTION_MS, TRANSLATION_RETENTION_MS = 28 * 24 * HOUR_MS, 30 * 24 * HOUR_MS


class CleanupWorker:
    """Cleans up once an hour."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._next_run_at = 0

    async def run(self) -> int:
        """Clean up if it is time; 0 as there is never more to do at once."""
        services = self._services
        now = services.db.clock()
        if now < self._next_run_at:
            return 0
        self._next_run_at = now + INTERVAL_MS
        async with services.db.write() as tx:
            await ip_block_queries.delete_expired(tx, tx.now)
            await member_activity_queries.delete_old_addresses(
                tx, tx.now - member_activity.ADDRESS_RETENTION_MS
            )
            await email_subscription_queries.purge_unconfirmed(
                tx, tx.now - email_subscriptions.UNCONFIRMED_TTL_MS
            )
            # A task ends each mute; this is for those whose task was given up.
            await block_queries.purge_expired_mutes(tx, tx.now - EXPIRED_MUTE_RETENTION_MS)
            await peer_lists.enqueue_due(tx)
            await inbox_queries.purge_expired(tx, tx.now - SEEN_RETENTION_MS)
            await post_queries.purge_expired_tombstones(tx, tx.now - SEEN_RETENTION_MS)
            await delivery_queries.expire(tx, first_id_at(tx.now - delivery_queries.EXPIRE_AFTER_MS))
            await backlog_queries.purge_expired(tx, tx.now - DEAD_RETENTION_MS)
            await card_queries.purge_unused(tx, tx.now - CARD_RETENTION_MS)
            await translation_queries.purge_expired(tx, tx.now - TRANSLATION_RETENTION_MS)
            await import_queries.purge_expired(tx, tx.now - imports.RETENTION_MS)
            await archive_queries.purge_expired(tx, tx.now - archives.RETENTION_MS)
            await audited_post_queries.erase_texts(tx, tx.now - post_moderation.TEXT_TTL_MS)
            orphans = await media_queries.list_orphans(tx, tx.now - ORPHAN_RETENTION_MS, 200)
            await media_queries.delete_by_ids(tx, [row.id for row in orphans])
            forgotten = await remote_files.evict(tx, services.site.config.media.remote_cache_bytes)
        keys = tuple(key for row in orphans for key in (row.file_key, row.preview_key))
        await services.store.remove((*keys, *forgotten))
        await services.store.purge_temp((now - HOUR_MS) / 1000)
        await services.store.purge_private((now - archives.RETENTION_MS) / 1000)
        return 0

    async def next_due(self) -> int | None:
        """When it is time again."""
        return self._next_run_at
