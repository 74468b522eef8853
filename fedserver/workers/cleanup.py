"""What is to be done once an hour: what nobody needs any more goes, lists of peers are asked for again."""

from __future__ import annotations

from fedserver import domain
from fedserver.http import Services
from storage import first_at, queries

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
            await queries.ip_blocks.drop_expired(tx, tx.now)
            await queries.member_activity.drop_addresses(tx, tx.now - domain.member_activity.KEEP_ADDRESSES)
            await queries.email_subscriptions.drop_unconfirmed(
                tx, tx.now - domain.email_subscriptions.KEEP_UNCONFIRMED
            )
            # A task ends each mute; this is for those whose task was given up.
            await queries.blocks.drop_expired(tx, tx.now - KEEP_MUTES_MS)
            await domain.peer_lists.owe_due(tx)
            await queries.inbox.forget(tx, tx.now - KEEP_SEEN_MS)
            await queries.posts.forget_tombstones(tx, tx.now - KEEP_SEEN_MS)
            await queries.deliveries.expire(tx, first_at(tx.now - queries.deliveries.KEEP_MS))
            await queries.backlog.forget(tx, tx.now - KEEP_DEAD_MS)
            await queries.cards.forget(tx, tx.now - KEEP_CARDS_MS)
            await queries.translations.forget(tx, tx.now - KEEP_TRANSLATIONS_MS)
            await queries.imports.forget(tx, tx.now - domain.imports.KEEP_MS)
            await queries.archives.forget(tx, tx.now - domain.archives.KEEP_MS)
            await queries.act_posts.forget_texts(tx, tx.now - domain.post_moderation.KEEP_TEXTS)
            orphans = await queries.media.orphans(tx, tx.now - KEEP_ORPHANS_MS, 200)
            await queries.media.remove(tx, [row.id for row in orphans])
            forgotten = await domain.remote_files.shrink(tx, services.site.config.media.remote_cache_bytes)
        keys = tuple(key for row in orphans for key in (row.file_key, row.preview_key))
        await services.store.remove((*keys, *forgotten))
        await services.store.tidy((now - HOUR) / 1000)
        await services.store.tidy_apart((now - domain.archives.KEEP_MS) / 1000)
        return 0

    async def next_due(self) -> int | None:
        """When it is time again."""
        return self._next
