"""Distribution of a new or changed post within this node: search index, cards, home timelines."""

from __future__ import annotations

from fedserver.domain.content import search_index, tags
from fedserver.domain.timelines import cards, interaction_policies
from storage.engine import ReadTx, Tx
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow


async def index(tx: Tx, row: PostRow) -> None:
    """Put the words of a post where they are searched, and see later what its first link is to show."""
    await search_index.index_posts(tx, [row])
    await cards.enqueue_fetch(tx, row)


async def fan_out_home(tx: Tx, row: PostRow) -> None:
    """Show a new post in the homes of those who follow its author or its hashtags."""
    await home_entry_queries.fan_out(tx, row)
    await tags.fan_out_home(tx, row)


async def can_reply(tx: ReadTx, parent: PostRow, author: AccountRow) -> bool:
    """Return True if a post of ours lets a peer's account reply; among peers their nodes decide."""
    return not parent.local or await interaction_policies.is_allowed(
        tx, parent, author, interaction_policies.REPLY
    )
