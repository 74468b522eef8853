"""The blog: articles of members, in order of time or of helpfulness.

**Helpful** is a public formula: the number of accounts, other than the author, that liked the article in
the window (seven days, ninety days, ever). A like from any client or server counts once. Of equal ones the
newer comes first.
"""

from __future__ import annotations

from fedserver.domain.kernel.errors import NotFound
from fedserver.text.excerpts import slugify
from storage.engine import Tx
from storage.paging import Page
from storage.queries.posts import articles as article_queries
from storage.rows.posts import PostRow

DAY = 86_400_000
WINDOWS = {"week": 7 * DAY, "quarter": 90 * DAY, "ever": None}
# The last part of an article's address must not be that of another page of the profile.
TAKEN = frozenset({"blog", "followers", "following", "with_replies", "media", "tagged", "feed", "edit"})


async def free_slug(tx: Tx, account_id: int, title: str) -> str:
    """An address for a title that no other article of the author has."""
    base = slugify(title) or "article"
    candidates = [base, *(f"{base}-{number}" for number in range(2, 6))]
    for candidate in candidates:
        if candidate not in TAKEN and await article_queries.by_slug(tx, account_id, candidate) is None:
            return candidate
    return f"{base}-{tx.now}"


async def by_slug(tx: Tx, account_id: int, slug: str) -> PostRow:
    """An article by its address. Raises NotFound; whether it may be seen is decided on loading."""
    row = await article_queries.by_slug(tx, account_id, slug)
    if row is None:
        raise NotFound
    return row


async def drafts(tx: Tx, account_id: int, page: Page) -> list[int]:
    """Ids of an author's drafts."""
    return await article_queries.drafts(tx, account_id, page)


async def latest(tx: Tx, account_id: int | None, page: Page, *, member: bool) -> list[int]:
    """Ids of published articles, newest first; of one author or of all members."""
    return await article_queries.latest(tx, account_id, page, member=member)


async def helpful(
    tx: Tx, account_id: int | None, window: str, limit: int, offset: int, *, member: bool
) -> list[tuple[int, int]]:
    """Ids of published articles with their votes, most helpful first; `window` is a key of WINDOWS."""
    span = WINDOWS.get(window)
    since = 0 if span is None else tx.now - span
    return await article_queries.helpful(tx, account_id, since, limit, offset, member=member)
