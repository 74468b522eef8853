"""Search, version 2 (docs.joinmastodon.org/methods/search)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.content.tags import render_tags
from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.client_api.entities.tags import Tag
from fedserver.domain.accounts import account_views
from fedserver.domain.kernel.errors import UnauthorizedError
from fedserver.domain.timelines import post_views, search
from fedserver.text.locales import gettext
from fedserver.web.endpoint import Call, Routes
from storage.engine import MAX_ID
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

routes = Routes("client_api")


class SearchAllParams(Struct, frozen=True):
    q: str = ""
    type: str = ""
    resolve: bool = False
    following: bool = False
    account_id: int | None = None
    exclude_unreviewed: bool = False
    max_id: int | None = None
    min_id: int | None = None
    limit: int = 20
    offset: int = 0


class Search(Struct, frozen=True):
    accounts: list[Account]
    statuses: list[Status]
    hashtags: list[Tag]


@routes.get("/api/v2/search", scope="read:search", params=SearchAllParams, tx="own")
async def search_all(call: Call[SearchAllParams]) -> Search:
    params = call.params
    if (params.resolve or params.offset) and call.viewer_id is None:
        raise UnauthorizedError(gettext("Please log in to search on other servers or to see more results."))
    exact = await _find_exact(call, params)
    async with call.services.db.read(slow=True) as tx:
        results = await search.run(tx, call.site, call.viewer_id, _to_query(params))
        account_ids, post_ids = list(results.accounts), list(results.posts)
        if isinstance(exact, AccountRow) and params.type in ("", "accounts"):
            account_ids = list(dict.fromkeys([exact.id, *account_ids]))
        if isinstance(exact, PostRow) and params.type in ("", "statuses"):
            post_ids = list(dict.fromkeys([exact.id, *post_ids]))
        accounts = await account_views.load_page(tx, account_ids)
        posts = await post_views.load(tx, post_ids, call.viewer_id)
        tags = await render_tags(call, tx, results.tags)
    links = call.site.links
    return Search(
        [render_account(links, view) for view in accounts],
        [render_status(links, view) for view in posts],
        tags,
    )


def _to_query(params: SearchAllParams) -> search.SearchRequest:
    """Return the search that the request describes; an offset counts only beside a type."""
    return search.SearchRequest(
        text=params.q,
        kind=params.type,
        limit=max(1, min(params.limit, 40)),
        offset=max(0, min(params.offset, 1_000)) if params.type else 0,
        following=params.following,
        account_id=params.account_id,
        exclude_unreviewed=params.exclude_unreviewed,
        max_id=MAX_ID if params.max_id is None else params.max_id,
        min_id=params.min_id,
    )


async def _find_exact(call: Call[SearchAllParams], params: SearchAllParams) -> AccountRow | PostRow | None:
    """Return what an address or a full handle leads to, None if nothing.

    Other servers are asked only if the caller wants it.
    """
    text, resolver = params.q.strip(), call.services.resolver
    if text.lower().startswith(("https://", "http://")):
        return await (resolver.resolve_address(text) if params.resolve else resolver.find_by_address(text))
    if params.resolve and "@" in text.lstrip("@") and " " not in text:
        return await resolver.resolve_account(text)
    return None
