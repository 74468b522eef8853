"""Search over what this node knows: accounts, tags, and posts that the seeker wrote.

Full text over other posts comes with its tables; until then only the seeker's own posts are searched.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain import accounts
from fedserver.domain.accounts import like_pattern
from fedserver.text import fold_tag
from storage import TagRow, Tx, first_at, queries

WEEK = 7 * 86_400_000


class Found(Struct, frozen=True):
    """Ids of accounts and posts, and tags."""

    accounts: tuple[int, ...]
    posts: tuple[int, ...]
    tags: tuple[TagRow, ...]


async def find(
    tx: Tx, text: str, viewer_id: int | None, *, kind: str, limit: int, offset: int, following: bool
) -> Found:
    """What matches; `kind` is accounts, statuses, hashtags or '' for all."""
    text = text.strip()[:500]
    people: list[int] = []
    posts: list[int] = []
    named: list[TagRow] = []
    if text and kind in ("", "accounts") and not text.startswith("#"):
        people = await accounts.search(tx, text, viewer_id, limit, offset, following=following)
    if text and kind in ("", "statuses") and viewer_id is not None:
        pattern = "%" + like_pattern(text.casefold())
        posts = await queries.search.own_posts(tx, viewer_id, pattern, limit, offset)
    if text and kind in ("", "hashtags") and not text.startswith("@") and " " not in text:
        named = await queries.tags.search(tx, like_pattern(fold_tag(text)), limit, offset)
    return Found(tuple(people), tuple(posts), tuple(named))


async def uses(tx: Tx, names: list[str]) -> dict[str, list[tuple[int, int]]]:
    """Moments and authors of public uses of tags in the last week, by folded name."""
    found: dict[str, list[tuple[int, int]]] = {}
    if names:
        for name, moment, author in await queries.tags.uses(tx, names, first_at(tx.now - WEEK)):
            found.setdefault(name, []).append((moment, author))
    return found
