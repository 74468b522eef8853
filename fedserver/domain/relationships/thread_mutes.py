"""Muted threads: conversations of which an account wants no notifications."""

from __future__ import annotations

from fedserver.domain.timelines import visibility
from storage.engine import Tx
from storage.queries.posts import likes as like_queries
from storage.rows.accounts import AccountRow


async def mute(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Stop notifications about the thread of a post. Raises NotFoundError."""
    row = await visibility.get(tx, post_id, actor.id)
    await like_queries.insert_thread_mute(tx, actor.id, row.thread_id)


async def unmute(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Allow notifications about the thread of a post again. Raises NotFoundError."""
    row = await visibility.get(tx, post_id, actor.id)
    await like_queries.delete_thread_mute(tx, actor.id, row.thread_id)
