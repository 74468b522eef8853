"""At whose home a post is."""

from __future__ import annotations

from collections.abc import Sequence

from storage.engine import ReadTx
from storage.queries.timelines import home_entries as home_entry_queries


async def list_recipients(tx: ReadTx, post_id: int, account_ids: Sequence[int]) -> list[int]:
    """Those of the accounts at whose home a post is."""
    return await home_entry_queries.list_recipients(tx, post_id, account_ids) if account_ids else []
