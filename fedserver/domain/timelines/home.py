"""Home timelines: the accounts that have a post in theirs."""

from __future__ import annotations

from collections.abc import Sequence

from storage.engine import ReadTx
from storage.queries.timelines import home_entries as home_entry_queries


async def list_recipients(tx: ReadTx, post_id: int, account_ids: Sequence[int]) -> list[int]:
    """Return those of the accounts that have a post in their home timeline."""
    return await home_entry_queries.list_recipients(tx, post_id, account_ids) if account_ids else []
