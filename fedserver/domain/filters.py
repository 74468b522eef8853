"""Filters: words and posts that an account does not want to meet (docs.joinmastodon.org/methods/filters)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from storage.engine import Tx
from storage.queries import filters as queries
from storage.rows.timelines import FilterKeywordRow, FilterPostRow, FilterRow

CONTEXTS = ("home", "notifications", "public", "thread", "account")
ACTIONS = ("warn", "hide", "blur")


class Hit(Struct, frozen=True):
    """A filter that applies to a post: by which keywords, or because it names the post."""

    filter: FilterRow
    keywords: tuple[str, ...]
    post_ids: tuple[int, ...]


class Active:
    """The filters that apply in one context, ready to match texts."""

    def __init__(
        self,
        filters: Sequence[FilterRow],
        keywords: Sequence[FilterKeywordRow],
        posts: Sequence[FilterPostRow],
    ) -> None:
        self._filters = filters
        self._keywords: dict[int, list[FilterKeywordRow]] = {}
        self._posts: dict[int, set[int]] = {}
        for keyword in keywords:
            self._keywords.setdefault(keyword.filter_id, []).append(keyword)
        for post in posts:
            self._posts.setdefault(post.filter_id, set()).add(post.post_id)

    def match(self, post_id: int, text: str) -> tuple[Hit, ...]:
        """The filters that hit a post with this text."""
        folded = text.casefold()
        hits = []
        for each in self._filters:
            words = tuple(
                keyword.keyword for keyword in self._keywords.get(each.id, []) if _found(keyword, folded)
            )
            named = (post_id,) if post_id in self._posts.get(each.id, ()) else ()
            if words or named:
                hits.append(Hit(each, words, named))
        return tuple(hits)


def _found(keyword: FilterKeywordRow, folded: str) -> bool:
    """Plain search, then a look at the neighbours: no text can make it slow."""
    word = keyword.keyword.casefold()
    if not word:
        return False
    place = folded.find(word)
    while place >= 0:
        if not keyword.whole_word or _stands_alone(word, folded, place):
            return True
        place = folded.find(word, place + 1)
    return False


def _stands_alone(word: str, text: str, place: int) -> bool:
    before = text[place - 1 : place] if place else ""
    after = text[place + len(word) : place + len(word) + 1]
    starts = not (word[0].isalnum() and before.isalnum())
    ends = not (word[-1].isalnum() and after.isalnum())
    return starts and ends


async def active(tx: Tx, account_id: int, context: str) -> Active | None:
    """The filters of an account in a context; None if there are none: one statement then."""
    found = await queries.active(tx, account_id, context)
    if not found:
        return None
    return Active(found, await queries.keywords(tx, account_id), await queries.posts(tx, account_id))
