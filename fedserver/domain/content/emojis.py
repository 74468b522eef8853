"""Custom emoji of this node."""

from __future__ import annotations

from storage.engine import ReadTx
from storage.queries.content import media as media_queries
from storage.rows.content import EmojiRow


async def list_all(tx: ReadTx) -> list[EmojiRow]:
    """Return all custom emoji, by shortcode."""
    return await media_queries.list_emojis(tx)
