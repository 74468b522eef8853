"""Posts and accounts of peers that nobody here uses: deleted after the time that the operator sets."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from fedserver.domain.accounts import account_removal
from storage.engine import Database, Tx, first_id_at
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import unused_accounts as unused_account_queries
from storage.queries.kernel import settings as setting_queries
from storage.queries.posts import unused_posts as unused_post_queries

DAY_MS = 86_400_000
# A chunk is looked at without keeping writers waiting; what is unused in it is deleted in one transaction.
# A run has a bounded number of chunks: the next one, an hour later, goes on behind them.
POST_CHUNK_SIZE, ACCOUNT_CHUNK_SIZE, CHUNKS_PER_RUN = 500, 50, 20
CURSOR_SETTING = "remote_retention"


class RetentionCursor(Struct, frozen=True):
    """The last posts and accounts of peers that were looked at; 0 begins again with the oldest."""

    post_id: int = 0
    account_id: int = 0


async def purge(db: Database, days: int) -> int:
    """Delete posts and accounts of peers that nobody here used for `days`, in a part of all.

    Returns how many; 0 days keeps them for ever. No tombstones stay, as anyone may fetch them again.
    """
    if not days:
        return 0
    async with db.read() as tx:
        stored = await setting_queries.find(tx, CURSOR_SETTING)
    cursor = saved = msgspec.json.decode(stored, type=RetentionCursor) if stored else RetentionCursor()
    deleted = 0
    for _ in range(CHUNKS_PER_RUN):
        async with db.read(slow=True) as tx:
            before = tx.now - days * DAY_MS
            post_ids = await unused_post_queries.list_remote(
                tx, cursor.post_id, first_id_at(before), POST_CHUNK_SIZE
            )
            unused_posts = await unused_post_queries.list_unused(tx, post_ids, before) if post_ids else []
            account_ids = await unused_account_queries.list_remote(tx, cursor.account_id, ACCOUNT_CHUNK_SIZE)
            unused_accounts = (
                await unused_account_queries.list_unused(tx, account_ids, before) if account_ids else []
            )
        cursor = RetentionCursor(
            post_ids[-1] if len(post_ids) == POST_CHUNK_SIZE else 0,
            account_ids[-1] if len(account_ids) == ACCOUNT_CHUNK_SIZE else 0,
        )
        async with db.write() as tx:
            deleted += await _delete_posts(tx, unused_posts, before)
            deleted += await _delete_accounts(tx, unused_accounts, before)
            if cursor != saved:
                await setting_queries.set_value(tx, CURSOR_SETTING, msgspec.json.encode(cursor).decode())
                saved = cursor
        if cursor == RetentionCursor():
            break
    return deleted


async def _delete_posts(tx: Tx, ids: Sequence[int], before: int) -> int:
    unused = await unused_post_queries.list_unused(tx, ids, before) if ids else []
    if unused:
        await unused_post_queries.delete_many(tx, unused)
    return len(unused)


async def _delete_accounts(tx: Tx, ids: Sequence[int], before: int) -> int:
    unused = await unused_account_queries.list_unused(tx, ids, before) if ids else []
    for account in await account_queries.load_by_ids(tx, unused) if unused else ():
        await account_removal.delete_remote(tx, account)
    return len(unused)
