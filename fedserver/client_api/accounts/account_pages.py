"""Pages of accounts: what lists of followers, blocks, likers and the like answer with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fedserver.client_api.entities.accounts import render_account
from fedserver.domain.accounts import account_views
from fedserver.web.endpoint import Call, EntityPage, to_page


async def render_page(
    call: Call[Any], pairs: Sequence[tuple[int, int]], *, include_tombstones: bool = False
) -> EntityPage:
    """Return a page of accounts; `pairs` are cursors with the ids of the accounts."""
    ids = [account_id for _, account_id in pairs]
    views = await account_views.load_page(call.tx, ids, include_tombstones=include_tombstones)
    return to_page([render_account(call.site.links, view) for view in views], [cursor for cursor, _ in pairs])
