"""The blog: articles of members, in order of time or of helpfulness.

**Helpful** is a public formula: the number of accounts, other than the author, that liked the article in
the window (seven days, ninety days, ever). A like from any client or server counts once. Of equal ones the
newer comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from msgspec import Struct

from fedserver.domain.content import post_texts
from fedserver.domain.content.post_texts import MAX_SUMMARY
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import quotes
from fedserver.domain.timelines import post_views
from fedserver.text.excerpts import make_excerpt, slugify
from storage.engine import MAX_ID, Page, ReadTx, Tx
from storage.queries.posts import articles as article_queries
from storage.queries.posts import coauthors as coauthor_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import CoauthorRow, EditRow, PostRow


class CoauthorState(Struct, frozen=True):
    """A co-author of a draft: when they were asked, and when they agreed (ms UTC)."""

    account_id: int
    asked_at: int
    accepted_at: int | None


DAY_MS = 86_400_000
WINDOWS = {"week": 7 * DAY_MS, "quarter": 90 * DAY_MS, "ever": None}
# The last part of an article's address must not be that of another page of the profile.
RESERVED_SLUGS = frozenset(
    {"blog", "followers", "following", "with_replies", "media", "tagged", "feed", "edit"}
)


async def choose_slug(tx: ReadTx, account_id: int, title: str) -> str:
    """Return a slug for a title that no other article of the author has."""
    base = slugify(title) or "article"
    candidates = [base, *(f"{base}-{number}" for number in range(2, 6))]
    for candidate in candidates:
        if (
            candidate not in RESERVED_SLUGS
            and await article_queries.find_by_slug(tx, account_id, candidate) is None
        ):
            return candidate
    return f"{base}-{tx.now}"


def has_excerpt(row: PostRow) -> bool:
    """Return True for an article whose summary is an excerpt of its text, as its author wrote none."""
    return row.kind == "Article" and is_excerpt(row)


def is_excerpt(version: PostRow | EditRow) -> bool:
    """Return True if the summary of a version of an article is an excerpt of its text."""
    return version.summary == make_excerpt(version.html, MAX_SUMMARY)


async def get_by_slug(tx: ReadTx, account_id: int, slug: str) -> PostRow:
    """Return an article by its slug; who may see it is decided on loading. Raises NotFoundError."""
    row = await article_queries.find_by_slug(tx, account_id, slug)
    if row is None:
        raise NotFoundError
    return row


async def list_coauthors(tx: ReadTx, row: PostRow) -> tuple[CoauthorState, ...]:
    """Return the co-authors of a draft, for the post that it becomes."""
    rows = await coauthor_queries.list_by_post(tx, row.id) if row.kind == "Article" else []
    return tuple(CoauthorState(named.account_id, named.asked_at, named.accepted_at) for named in rows)


async def insert_coauthors(tx: Tx, post_id: int, coauthors: Sequence[CoauthorState]) -> None:
    """Give a post the co-authors that its draft had."""
    await coauthor_queries.insert(
        tx,
        [
            CoauthorRow(tx.new_id(), post_id, coauthor.account_id, coauthor.asked_at, coauthor.accepted_at)
            for coauthor in coauthors
        ],
    )


def list_addresses(draft: PostRow) -> tuple[str, ...]:
    """Return the addresses of a draft, which are to lead to the post that it becomes."""
    return draft.uri, draft.url


async def keep_addresses(tx: Tx, post_id: int, uris: Sequence[str]) -> None:
    """Let former addresses lead to a post."""
    await post_queries.insert_aliases(tx, post_id, uris)


async def move_addresses(tx: Tx, former_id: int, post_id: int) -> None:
    """Let what led to a draft lead to the post that it became."""
    await post_queries.move_aliases(tx, former_id, post_id)


async def find_by_former_address(
    tx: ReadTx, site: NodeContext, author: AccountRow, place: str
) -> PostRow | None:
    """Return the post that a draft became, by the id or slug in the address of the draft."""
    if author.domain:
        return None
    if not (place.isascii() and place.isdigit()):
        return await post_queries.find_by_uri(tx, site.links.article_page(author.username, place))
    if len(place) > len(str(MAX_ID)) or int(place) > MAX_ID:
        return None
    return await post_queries.find_by_uri(tx, site.links.article(author.username, int(place)))


async def list_drafts(tx: ReadTx, account_id: int, page: Page) -> list[int]:
    """Return ids of an author's drafts, newest first."""
    return await article_queries.list_drafts(tx, account_id, page)


async def list_latest(tx: ReadTx, account_id: int | None, page: Page, *, is_member: bool) -> list[int]:
    """Ids of published articles, newest first; of one author or of all members."""
    return await article_queries.list_latest(tx, account_id, page, is_member=is_member)


async def count_helpful(tx: ReadTx, ids: Sequence[int]) -> dict[int, int]:
    """Return how many people found each of these articles helpful, ever; those without any are missing."""
    return await article_queries.count_votes(tx, ids) if ids else {}


async def list_helpful(
    tx: ReadTx, account_id: int | None, window: str, limit: int, offset: int, *, is_member: bool
) -> list[tuple[int, int]]:
    """Ids of published articles with their votes, most helpful first; `window` is a key of WINDOWS."""
    span = WINDOWS.get(window)
    since = 0 if span is None else tx.now - span
    return await article_queries.list_helpful(tx, account_id, since, limit, offset, is_member=is_member)


def build_content(view: post_views.PostView) -> str:
    """Return the text of a post for programs without articles: with its title, and a link to what it quotes.

    It is HTML whose pictures have the addresses that its author gave.
    """
    row = view.post
    html = post_texts.get_html(row)
    if not row.title:
        shown = view.quote if view.quote is not None and view.quote.post is not None else None
        return quotes.add_fallback_link(html, shown.row) if shown and row.local else html
    title = f'<p><strong><a href="{escape(row.url)}">{escape(row.title)}</a></strong></p>'
    if row.kind == "Article" or post_texts.find_warning(row.kind, row.summary, sensitive=row.sensitive):
        return title + html
    return f"{title}<p>{escape(row.summary)}</p>{html}"
