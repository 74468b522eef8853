"""How the members of the demo's first community sort what they read: lists, filters, hashtags."""

from __future__ import annotations

from fedserver.domain.accounts import featured_tags
from fedserver.domain.relationships import lists
from fedserver.domain.timelines import filters
from storage.engine import Tx
from storage.rows.accounts import AccountRow


async def sort(tx: Tx, owner: AccountRow, other: AccountRow) -> None:
    """Let two members make lists of each other, and one a filter and a hashtag of theirs."""
    for reader, author in ((owner, other), (other, owner)):
        row = await lists.create(tx, reader, "Desk and archive")
        await lists.add_accounts(tx, reader, row.id, [author.id])
    await filters.create(
        tx, owner, "Crosswords", ["home", "public"], keywords=[filters.KeywordChange(keyword="solution")]
    )
    await featured_tags.add(tx, owner, "commons")
