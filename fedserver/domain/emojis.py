"""Custom emoji of this node."""

from __future__ import annotations

from storage.engine import Tx
from storage.queries import media as queries
from storage.rows.media import EmojiRow


async def everything(tx: Tx) -> list[EmojiRow]:
    """All, by name."""
    return await queries.custom_emojis(tx)
