"""Search for people, posts, hashtags and articles; and the way from other nodes to what they name."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views, relations, suggestions
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines import post_views, search
from fedserver.pages.timelines import search_filters
from fedserver.text.locales import gettext
from fedserver.text.names import is_hashtag
from fedserver.web.endpoint import USER, Call, Routes
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

routes = Routes("pages")
Tab = Literal["", "people", "posts", "tags", "articles"]
KINDS: dict[Tab, str] = {
    "": "",
    "people": "accounts",
    "posts": "statuses",
    "tags": "hashtags",
    "articles": "statuses",
}
PAGE_SIZE = 20
MAX_BIOS = 20
FILTERED_TABS = ("posts", "articles")
MAX_OFFSET = 1_000  # as the search reads all that it leaves out


class SearchPageParams(Struct, frozen=True):
    """Words, the kind of what is searched, and filters for posts: a handle, days (ISO 8601), pictures."""

    q: str = ""
    tab: str = ""
    by: str = ""
    after: str = ""
    before: str = ""
    pictures: bool = False


class AddressParams(Struct, frozen=True):
    uri: str = ""


@routes.get("/search", html=True, auth=USER, params=SearchPageParams, tx="own")
async def show(call: Call[SearchPageParams]) -> web.StreamResponse:
    """Search; an address or a full handle redirects to the post or account."""
    text, resolver = call.params.q.strip(), call.services.resolver
    exact = None
    if text.lower().startswith(("https://", "http://")):
        exact = await resolver.resolve_address(text)
    elif "@" in text.lstrip("@") and " " not in text:
        exact = await resolver.resolve_account(text)
    if exact is not None:
        return await _redirect_to(call, exact)
    tab: Tab = next((name for name in KINDS if name == call.params.tab), "")
    offset = min(call.offset(), MAX_OFFSET)
    operators, problem = search_filters.to_operators(call.params) if tab in FILTERED_TABS else ("", None)
    # Nothing is searched with a filter that is not understood: its results would mislead.
    kind = " is:article" if tab == "articles" else ""
    words = "" if problem else _add_operators(text, operators + kind)
    query = search.SearchRequest(text=words, kind=KINDS[tab], limit=PAGE_SIZE, offset=offset)
    async with call.services.db.read() as tx:
        result = await search.run(tx, call.site, call.viewer_id, query)
        bios: list[int] = []
        if tab in ("", "people") and not offset:
            bios = await suggestions.search_bios(tx, call.viewer_id, text, MAX_BIOS)
        people = await account_views.load_page(tx, result.accounts)
        described = await account_views.load_page(tx, [key for key in bios if key not in result.accounts])
        loaded = await relations.load(tx, call.account.id, [*result.accounts, *bios])
        posts = await post_views.load(tx, result.posts, call.viewer_id, context="public")
    is_full = PAGE_SIZE in (len(result.accounts), len(result.posts), len(result.tags))
    more = urlencode({**_list_fields(call.params, text, tab), "offset": offset + PAGE_SIZE})
    tag = text.removeprefix("#")
    return call.render(
        "search.html",
        status=422 if problem else 200,
        text=text,
        tab=tab,
        params=call.params,
        problem=problem,
        is_filtered=bool(operators or problem),
        people=people,
        described=described,
        relations={relation.id: relation for relation in loaded},
        posts=[view for view in posts if not any(match.filter.action == "hide" for match in view.filtered)],
        tags=result.tags,
        older=f"/search?{more}" if tab and is_full and offset < MAX_OFFSET else "",
        tag=tag if is_hashtag(tag) else "",
    )


def _list_fields(params: SearchPageParams, text: str, tab: Tab) -> dict[str, str]:
    """Return the fields of the address of a search, without the empty ones."""
    fields = {"q": text, "tab": tab, "by": params.by, "after": params.after, "before": params.before}
    return {name: value for name, value in fields.items() if value or name in ("q", "tab")} | (
        {"pictures": "1"} if params.pictures else {}
    )


def _add_operators(text: str, operators: str) -> str:
    """Return a query with operators, which are kept if it is too long; nothing is searched without words."""
    operators = operators.strip()
    if not operators or not (text or "from:" in operators):
        return text
    return f"{text[: search.MAX_QUERY - len(operators) - 1]} {operators}".strip()


async def _redirect_to(
    call: Call[SearchPageParams] | Call[AddressParams], row: AccountRow | PostRow
) -> web.StreamResponse:
    """Redirect to the page of an account or post."""
    account_id = row.id if isinstance(row, AccountRow) else row.account_id
    async with call.services.db.read() as tx:
        views = await account_views.load(tx, [account_id])
    if account_id not in views:
        raise NotFoundError
    base = f"/@{views[account_id].handle}"
    return call.see_other(base if isinstance(row, AccountRow) else f"{base}/{row.id}")


@routes.get("/authorize_interaction", html=True, auth=USER, params=AddressParams, tx="own")
async def authorize_interaction(call: Call[AddressParams]) -> web.StreamResponse:
    """Redirect a member whom another node sent here to follow an account or reply to a post there."""
    uri = call.params.uri.removeprefix("acct:")
    resolver = call.services.resolver
    is_url = uri.lower().startswith(("https://", "http://"))
    row = await (resolver.resolve_address(uri) if is_url else resolver.resolve_account(uri))
    if row is None:
        raise NotFoundError(gettext("Nothing was found at this address. Please check it and try again."))
    return await _redirect_to(call, row)
