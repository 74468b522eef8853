"""Muted threads: conversations of which an account wants no notifications."""

from __future__ import annotations

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines import visibility
from storage.engine import ReadTx, Tx
from storage.queries.posts import likes as like_queries
from storage.rows.accounts import AccountRow


async def mute(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Stop notifications about the thread of a post. Raises NotFoundError."""
    await like_queries.insert_thread_mute(tx, actor.id, await _find_thread(tx, actor, post_id))


async def unmute(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Allow notifications about the thread of a post again. Raises NotFoundError."""
    await like_queries.delete_thread_mute(tx, actor.id, await _find_thread(tx, actor, post_id))


async def _find_thread(tx: ReadTx, actor: AccountRow, post_id: int) -> int:
    visible = await visibility.find(tx, post_id, actor.id)
    if visible is None:
        raise NotFoundError
    return visible.post.thread_id
