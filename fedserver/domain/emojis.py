"""Custom emoji of this node."""

from __future__ import annotations

from storage import EmojiRow, Tx
from storage.queries import media as queries


async def everything(tx: Tx) -> list[EmojiRow]:
    """All, by name."""
    return await queries.custom_emojis(tx)
