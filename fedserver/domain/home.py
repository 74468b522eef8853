"""At whose home a post is."""

from __future__ import annotations

from collections.abc import Sequence

from storage import Tx, queries


async def holders(tx: Tx, post_id: int, among: Sequence[int]) -> list[int]:
    """Those of the accounts at whose home a post is."""
    return await queries.home_entries.holders(tx, post_id, among) if among else []
