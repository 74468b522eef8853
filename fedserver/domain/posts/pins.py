"""Pins: posts that stay on top of their author's profile, and in its `featured` collection."""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.errors import Invalid
from fedserver.domain.posts import posts
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import likes as like_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

MOST, MOST_LEARNED = 5, 20
DAY = 86_400_000


async def add(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Pin a post of one's own. Raises NotFound, Invalid."""
    row = await posts.own(tx, actor, post_id)
    if row.visibility == "direct" or row.state != "published":
        raise Invalid("post", "is a private mention or a draft and cannot be pinned")
    if await like_queries.count_pins(tx, actor.id) >= MOST:
        raise Invalid("post", f"cannot be pinned: {MOST} are already", "ERR_TOO_MANY")
    if await like_queries.add_pin(tx, actor.id, row.id):
        tx.emit(events.POST_CHANGED, post_id=row.id)
        if row.visibility in ("public", "unlisted"):
            await jobs.owe(tx, jobs.Pin(actor.id, row.uri, True))


async def remove(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Unpin a post of one's own. Raises NotFound."""
    row = await posts.own(tx, actor, post_id)
    if await like_queries.remove_pin(tx, actor.id, row.id):
        tx.emit(events.POST_CHANGED, post_id=row.id)
        if row.visibility in ("public", "unlisted"):
            await jobs.owe(tx, jobs.Pin(actor.id, row.uri, False))


# --- of peers


def is_due(account: AccountRow, now: int) -> bool:
    """True if what a peer's account features was not read for a day."""
    gone = account.suspended_at is not None or account.deleted_at is not None
    return bool(account.domain) and not gone and (account.featured_at or 0) <= now - DAY


async def ask(tx: Tx, account: AccountRow) -> None:
    """Owe the reading, unless somebody else has just done so."""
    if is_due(account, tx.now) and await account_queries.set_featured(tx, account.id, tx.now - DAY):
        await jobs.owe(tx, jobs.ReadFeatured(account.id), dedupe=f"read_featured:{account.id}")


async def receive(tx: Tx, author: AccountRow, post: PostRow, *, added: bool) -> bool:
    """A peer's account pinned a post of its own, or took it off; False if nothing changed."""
    if not added:
        changed = await like_queries.remove_pin(tx, author.id, post.id)
    else:
        own = post.account_id == author.id and post.boost_of_id is None and post.visibility != "direct"
        full = await like_queries.count_pins(tx, author.id) >= MOST_LEARNED
        changed = own and not full and await like_queries.add_pin(tx, author.id, post.id)
    if changed:
        tx.emit(events.POST_CHANGED, post_id=post.id)
    return changed


async def learn(tx: Tx, author: AccountRow, rows: Sequence[PostRow]) -> None:
    """These, the newest pin first, are all that a peer's account has pinned."""
    wanted = [row.id for row in rows]
    former = list(await like_queries.pinned(tx, author.id))
    if former == wanted:
        return
    for post_id in former:
        await like_queries.remove_pin(tx, author.id, post_id)
    for row in reversed(rows):
        await receive(tx, author, row, added=True)
