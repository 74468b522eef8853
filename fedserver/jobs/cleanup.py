"""What is to be done once an hour: what nobody needs any more goes, lists of peers are asked for again."""

from __future__ import annotations

from fedserver.domain.auth import member_activity
from fedserver.domain.content import remote_files
from fedserver.domain.moderation import post_moderation
from fedserver.domain.notifications import email_subscriptions
from fedserver.domain.peers import peer_lists
from fedserver.domain.portability import archives, imports
from fedserver.web.services import Services
from storage.ids import first_at
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

HOUR = 3_600_000
EVERY_MS = HOUR
KEEP_ORPHANS_MS = 24 * HOUR
KEEP_MUTES_MS = 24 * HOUR
KEEP_SEEN_MS = 14 * 24 * HOUR
KEEP_DEAD_MS = 30 * 24 * HOUR
KEEP_CARDS_MS, KEEP_TRANSLATIONS_MS = 28 * 24 * HOUR, 30 * 24 * HOUR


class CleanupWorker:
    """Cleans up once an hour."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._next = 0

    async def run(self) -> int:
        """Clean up if it is time; 0 as there is never more to do at once."""
        services = self._services
        now = services.db.clock()
        if now < self._next:
            return 0
        self._next = now + EVERY_MS
        async with services.db.write() as tx:
            await ip_block_queries.drop_expired(tx, tx.now)
            await member_activity_queries.drop_addresses(tx, tx.now - member_activity.KEEP_ADDRESSES)
            await email_subscription_queries.drop_unconfirmed(
                tx, tx.now - email_subscriptions.KEEP_UNCONFIRMED
            )
            # A task ends each mute; this is for those whose task was given up.
            await block_queries.drop_expired(tx, tx.now - KEEP_MUTES_MS)
            await peer_lists.owe_due(tx)
            await inbox_queries.forget(tx, tx.now - KEEP_SEEN_MS)
            await post_queries.forget_tombstones(tx, tx.now - KEEP_SEEN_MS)
            await delivery_queries.expire(tx, first_at(tx.now - delivery_queries.KEEP_MS))
            await backlog_queries.forget(tx, tx.now - KEEP_DEAD_MS)
            await card_queries.forget(tx, tx.now - KEEP_CARDS_MS)
            await translation_queries.forget(tx, tx.now - KEEP_TRANSLATIONS_MS)
            await import_queries.forget(tx, tx.now - imports.KEEP_MS)
            await archive_queries.forget(tx, tx.now - archives.KEEP_MS)
            await audited_post_queries.forget_texts(tx, tx.now - post_moderation.KEEP_TEXTS)
            orphans = await media_queries.orphans(tx, tx.now - KEEP_ORPHANS_MS, 200)
            await media_queries.remove(tx, [row.id for row in orphans])
            forgotten = await remote_files.shrink(tx, services.site.config.media.remote_cache_bytes)
        keys = tuple(key for row in orphans for key in (row.file_key, row.preview_key))
        await services.store.remove((*keys, *forgotten))
        await services.store.tidy((now - HOUR) / 1000)
        await services.store.tidy_apart((now - archives.KEEP_MS) / 1000)
        return 0

    async def next_due(self) -> int | None:
        """When it is time again."""
        return self._next
