"""Home timelines: the accounts that have a post in theirs, and who boosted what is shown in one."""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from storage.engine import ReadTx
from storage.queries.posts import likes as like_queries
from storage.queries.timelines import home_entries as home_entry_queries

Boosters = dict[int, list[AccountView]]
"""Who boosted a post, by its id."""
MAX_BOOSTERS = 200  # of the posts of one page; most are not named anyway


async def list_recipients(tx: ReadTx, post_id: int, account_ids: Sequence[int]) -> list[int]:
    """Return those of the accounts that have a post in their home timeline."""
    return await home_entry_queries.list_recipients(tx, post_id, account_ids) if account_ids else []


async def load_followed_boosters(tx: ReadTx, viewer_id: int, post_ids: Sequence[int]) -> Boosters:
    """Return by post who boosted it among the accounts that the viewer follows, the newest boost first."""
    if not post_ids:
        return {}
    pairs = await like_queries.list_followed_boosters(tx, post_ids, viewer_id, MAX_BOOSTERS)
    views = await account_views.load(tx, list({account_id for _, account_id in pairs}))
    boosters: Boosters = {}
    for post_id, account_id in pairs:
        if account_id in views:
            boosters.setdefault(post_id, []).append(views[account_id])
    return boosters
