"""Pins: posts that stay on top of their author's profile, and in its `featured` collection."""

from __future__ import annotations

from fedserver.domain import events, posts, tasks
from fedserver.domain.words import Invalid
from storage import AccountRow, Tx, queries

MOST = 5


async def add(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Pin a post of one's own. Raises NotFound, Invalid."""
    row = await posts.own(tx, actor, post_id)
    if row.visibility == "direct" or row.state != "published":
        raise Invalid("post", "is a private mention or a draft and cannot be pinned")
    if await queries.likes.count_pins(tx, actor.id) >= MOST:
        raise Invalid("post", f"cannot be pinned: {MOST} are already", "ERR_TOO_MANY")
    if await queries.likes.add_pin(tx, actor.id, row.id):
        tx.emit(events.POST_CHANGED, post_id=row.id)
        if row.visibility in ("public", "unlisted"):
            await tasks.owe(tx, tasks.Pin(actor.id, row.uri, True))


async def remove(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Unpin a post of one's own. Raises NotFound."""
    row = await posts.own(tx, actor, post_id)
    if await queries.likes.remove_pin(tx, actor.id, row.id):
        tx.emit(events.POST_CHANGED, post_id=row.id)
        if row.visibility in ("public", "unlisted"):
            await tasks.owe(tx, tasks.Pin(actor.id, row.uri, False))
