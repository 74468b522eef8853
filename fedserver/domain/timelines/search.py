"""Search over what this node knows: accounts, tags, and posts.

A member finds (docs.joinmastodon.org/user/network#search) their own posts, those that they liked, boosted,
bookmarked, voted in or are mentioned in, and public posts of accounts that let everyone search theirs
(FEP-5feb `indexable`). Visitors who are not logged in find accounts and tags only.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.accounts import accounts
from fedserver.domain.content import search_terms
from fedserver.domain.content.search_index import ALL_POSTS, PUBLIC_POSTS, to_author_fact
from fedserver.domain.content.search_terms import SearchQuery
from fedserver.domain.kernel.context import NodeContext
from fedserver.text.names import fold_tag
from storage.engine import MAX_ID, Page, ReadTx, first_id_at, to_like_pattern
from storage.queries.accounts import accounts as account_queries
from storage.queries.content import tags as tag_queries
from storage.queries.timelines import search as search_queries
from storage.rows.content import TagRow
from storage.search import SearchTerm

WEEK_MS = 7 * 86_400_000
MAX_QUERY = 500
NO_ACCOUNT_ID = 0


class SearchRequest(Struct, frozen=True, kw_only=True):
    """A search request; `kind` is accounts, statuses, hashtags or '' for all. Ids are exclusive bounds."""

    text: str
    kind: str = ""
    limit: int = 20
    offset: int = 0
    following: bool = False
    account_id: int | None = None
    exclude_unreviewed: bool = False
    max_id: int = MAX_ID
    min_id: int | None = None


class SearchResult(Struct, frozen=True):
    """Ids of accounts and posts, and tags."""

    accounts: tuple[int, ...]
    posts: tuple[int, ...]
    tags: tuple[TagRow, ...]


async def run(tx: ReadTx, site: NodeContext, viewer_id: int | None, query: SearchRequest) -> SearchResult:
    """Return a page of the matches of each kind."""
    text = query.text.strip()[:MAX_QUERY]
    search = search_terms.parse(text)
    people: list[int] = []
    posts: list[int] = []
    named: list[TagRow] = []
    if text and search.is_plain and query.kind in ("", "accounts") and not text.startswith("#"):
        people = await search_accounts(
            tx, site, viewer_id, text, query.limit, query.offset, following=query.following
        )
    if viewer_id is not None and query.kind in ("", "statuses") and not search.is_empty:
        posts = await _search_posts(tx, site, viewer_id, search, query)
    if text and search.is_plain and query.kind in ("", "hashtags") and not text.startswith("@"):
        named = await _search_tags(tx, text, query)
    return SearchResult(tuple(people), tuple(posts), tuple(named))


async def search_accounts(
    tx: ReadTx,
    site: NodeContext,
    viewer_id: int | None,
    text: str,
    limit: int,
    offset: int,
    *,
    following: bool,
) -> list[int]:
    """Return ids of accounts by handle or name; a handle with the domain of this node is a local account."""
    name, _, host = text.strip().lstrip("@").rpartition("@")
    domain = site.links.find_account_domain(host)
    if name and domain is not None:
        text = f"{name}@{domain}" if domain else name
    return await accounts.search(tx, text, viewer_id, limit, offset, only_followed=following)


async def _search_tags(tx: ReadTx, text: str, query: SearchRequest) -> list[TagRow]:
    if " " in text:
        return []
    pattern, reviewed = to_like_pattern(fold_tag(text)), query.exclude_unreviewed
    return await tag_queries.search(tx, pattern, query.limit, query.offset, only_reviewed=reviewed)


async def _search_posts(
    tx: ReadTx, site: NodeContext, viewer_id: int, search: SearchQuery, query: SearchRequest
) -> list[int]:
    terms = [*search.terms, *await _author_terms(tx, site, viewer_id, search)]
    if query.account_id is not None:
        terms.append(_fact_term(to_author_fact(query.account_id)))
    page = Page(
        limit=query.offset + query.limit,
        max_id=min(query.max_id, search.below_id),
        since_id=search.above_id,
        min_id=None if query.min_id is None else min(max(query.min_id, search.above_id), MAX_ID),
    )
    post_ids: set[int] = set()
    async with search_queries.use_custom_plans(tx):
        if search.scope in ("all", "library"):
            # Terms that only exclude posts need one that selects all of them.
            selects = any(not term.is_excluded for term in terms)
            scoped = terms if selects else [*terms, _fact_term(ALL_POSTS)]
            post_ids.update(await search_queries.search_posts(tx, scoped, viewer_id, page, library=True))
        if search.scope in ("all", "public"):
            scoped = [*terms, _fact_term(PUBLIC_POSTS)]
            post_ids.update(await search_queries.search_posts(tx, scoped, viewer_id, page, library=False))
    # The page takes the posts nearest to where it begins, and shows them newest first in either direction.
    nearest = sorted(post_ids, reverse=not page.is_upwards)[query.offset : page.limit]
    return sorted(nearest, reverse=True)


async def _author_terms(
    tx: ReadTx, site: NodeContext, viewer_id: int, search: SearchQuery
) -> list[SearchTerm]:
    """Return terms for the authors that a query names; the term of an unknown author matches nothing."""
    wanted: list[tuple[tuple[str, str], bool]] = []
    for handle, excluded in search.authors:
        name, _, host = handle.partition("@")
        domain = site.links.find_account_domain(host)
        wanted.append(((name, host if domain is None else domain), excluded))
    known = {("me", ""): viewer_id}
    pairs = [pair for pair, _ in wanted if pair not in known]
    if pairs:
        names, hosts = [name for name, _ in pairs], [host for _, host in pairs]
        for row in await account_queries.load_by_handles(tx, names, hosts):
            known.setdefault((row.username.lower(), row.domain), row.id)
    return [
        _fact_term(to_author_fact(known.get(pair, NO_ACCOUNT_ID)), excluded=excluded)
        for pair, excluded in wanted
    ]


def _fact_term(name: str, *, excluded: bool = False) -> SearchTerm:
    return SearchTerm((name,), is_fact=True, is_excluded=excluded)


async def load_tag_uses(tx: ReadTx, names: list[str]) -> dict[str, list[tuple[int, int, int]]]:
    """Return the public uses of tags in the last week, by folded name.

    Each entry is a day (since 1970), the number of posts and the number of accounts.
    """
    uses: dict[str, list[tuple[int, int, int]]] = {}
    if names:
        for name, day, count, people in await tag_queries.count_uses(
            tx, names, first_id_at(tx.now - WEEK_MS)
        ):
            uses.setdefault(name, []).append((day, count, people))
    return uses
