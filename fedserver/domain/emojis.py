"""Custom emoji of this node."""

from __future__ import annotations

from storage import EmojiRow, Tx, queries


async def everything(tx: Tx) -> list[EmojiRow]:
    """All, by name."""
    return await queries.media.custom_emojis(tx)
