"""Search, version 2 (docs.joinmastodon.org/methods/search)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.content.tags import tags_of
from fedserver.client_api.entities.accounts import Account, account
from fedserver.client_api.entities.statuses import Status, status
from fedserver.client_api.entities.tags import Tag
from fedserver.domain.accounts import account_views
from fedserver.domain.kernel.errors import Unauthorized
from fedserver.domain.timelines import post_views, search
from fedserver.web.endpoint import Call, Routes
from storage.paging import MAX_ID
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

routes = Routes("client_api")


class SearchParams(Struct, frozen=True):
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


@routes.get("/api/v2/search", scope="read:search", params=SearchParams, tx="own")
async def find(call: Call[SearchParams]) -> Search:
    params = call.params
    if (params.resolve or params.offset) and call.viewer_id is None:
        raise Unauthorized("Please log in to search further")
    exact = await _exact(call, params)
    async with call.services.db.read(slow=True) as tx:
        found = await search.find(tx, call.site, call.viewer_id, _query(params))
        account_ids, post_ids = list(found.accounts), list(found.posts)
        if isinstance(exact, AccountRow) and params.type in ("", "accounts"):
            account_ids = list(dict.fromkeys([exact.id, *account_ids]))
        if isinstance(exact, PostRow) and params.type in ("", "statuses"):
            post_ids = list(dict.fromkeys([exact.id, *post_ids]))
        people = await account_views.load_page(tx, account_ids)
        posts = await post_views.load(tx, post_ids, call.viewer_id)
        named = await tags_of(call, tx, found.tags)
    links = call.site.links
    return Search(
        [account(links, view) for view in people],
        [status(links, view) for view in posts],
        named,
    )


def _query(params: SearchParams) -> search.Query:
    """The search that was asked for; an offset counts only beside a type."""
    return search.Query(
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


async def _exact(call: Call[SearchParams], params: SearchParams) -> AccountRow | PostRow | None:
    """What an address or a full handle leads to; peers are asked only if the caller wants it."""
    text, resolver = params.q.strip(), call.services.resolver
    if text.startswith(("https://", "http://")):
        return await (resolver.by_address(text) if params.resolve else resolver.known(text))
    if params.resolve and "@" in text.lstrip("@") and " " not in text:
        return await resolver.account(text)
    return None
