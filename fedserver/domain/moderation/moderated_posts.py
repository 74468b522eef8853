"""The posts that moderators act on, and their texts, which are kept for 90 days for appeals."""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.text.locales import gettext
from fedserver.text.sanitize import to_text
from storage.engine import ReadTx, Tx
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryPostRow, LogEntryRow
from storage.rows.posts import PostRow

MAX_POSTS, MAX_TEXT = 100, 5_000
DAY_MS = 86_400_000
TEXT_TTL_MS = 90 * DAY_MS


async def load(tx: ReadTx, account: AccountRow, post_ids: Sequence[int]) -> list[PostRow]:
    """Return published posts of the account. Raises NotFoundError if one is not; InvalidError."""
    ids = list(dict.fromkeys(post_ids))
    if not 0 < len(ids) <= MAX_POSTS:
        raise InvalidError(
            "post_ids",
            f"must name from 1 to {MAX_POSTS} posts",
            message=gettext("Please choose from 1 to %(max)s posts.", max=MAX_POSTS),
        )
    rows = await post_queries.load_by_ids(tx, ids)
    own_posts = [
        rows[post_id]
        for post_id in ids
        if post_id in rows and rows[post_id].account_id == account.id and rows[post_id].boost_of_id is None
    ]
    if len([row for row in own_posts if row.state == "published"]) != len(ids):
        raise NotFoundError
    return own_posts


async def load_reported(tx: ReadTx, account: AccountRow, post_ids: Sequence[int]) -> list[PostRow]:
    """Return the posts of a report that the account wrote and that are still there."""
    rows = await post_queries.load_by_ids(tx, post_ids[:MAX_POSTS]) if post_ids else {}
    return [row for row in rows.values() if row.account_id == account.id and row.state == "published"]


async def store_texts(tx: Tx, entry: LogEntryRow, account: AccountRow, rows: Sequence[PostRow]) -> None:
    """Store the texts of posts with the entry about them."""
    texts = {row.id: (row.source or to_text(row.html))[:MAX_TEXT] for row in rows}
    if rows:
        await audited_post_queries.insert(
            tx, [LogEntryPostRow(entry.id, row.id, account.id, texts[row.id]) for row in rows]
        )


async def erase_texts(tx: Tx) -> None:
    """Erase the texts of moderated posts that were kept for appeals, once their time is over."""
    await audited_post_queries.erase_texts(tx, tx.now - TEXT_TTL_MS)
