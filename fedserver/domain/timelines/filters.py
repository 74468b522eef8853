"""Filters: words and posts that an account does not want to see (docs.joinmastodon.org/methods/filters).

Matching is a plain search for folded words and a look at their neighbours, never a regular expression: no
text and no keyword can make it slow. Nobody but the owner reaches a filter, its keywords or its posts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.domain.kernel import events
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_line
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.timelines import filters as filter_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow
from storage.rows.timelines import FilterKeywordRow, FilterPostRow, FilterRow

CONTEXTS = ("home", "notifications", "public", "thread", "account")
ACTIONS = ("warn", "hide", "blur")
MAX_FILTERS, MAX_KEYWORDS, MAX_TITLE, MAX_KEYWORD = 200, 200, 256, 512
MAX_DURATION_S = 100 * 366 * 86_400
encode = msgspec.json.Encoder().encode
_decode_contexts = msgspec.json.Decoder(list[str]).decode


class FilterView(Struct, frozen=True):
    """A filter with its keywords and the posts that it names."""

    filter: FilterRow
    keywords: tuple[FilterKeywordRow, ...]
    posts: tuple[FilterPostRow, ...]


class KeywordChange(Struct, frozen=True):
    """A keyword to add (no id), to change, or to remove."""

    keyword: str | None = None
    whole_word: bool | None = None
    id: int | None = None
    remove: bool = False


class FilterMatch(Struct, frozen=True):
    """A filter that applies to a post: by which keywords, or because it names the post."""

    filter: FilterRow
    keywords: tuple[str, ...]
    post_ids: tuple[int, ...]


class ActiveFilters:
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

    def match(self, post_id: int, text: str) -> tuple[FilterMatch, ...]:
        """Return the filters that match a post with this text."""
        folded = text.casefold()
        hits = []
        for row in self._filters:
            words = tuple(
                keyword.keyword
                for keyword in self._keywords.get(row.id, [])
                if _matches_keyword(keyword, folded)
            )
            named = (post_id,) if post_id in self._posts.get(row.id, ()) else ()
            if words or named:
                hits.append(FilterMatch(row, words, named))
        return tuple(hits)


def _matches_keyword(keyword: FilterKeywordRow, folded: str) -> bool:
    """Return True if a folded text holds a keyword: a plain search, which no text can make slow."""
    word = keyword.keyword.casefold()
    if not word or not keyword.whole_word:
        return bool(word) and word in folded
    place = folded.find(word)
    while place >= 0:
        if _is_whole_word(word, folded, place):
            return True
        place = folded.find(word, _find_word_end(folded, place) if _is_word_character(word[0]) else place + 1)
    return False


def _is_word_character(letter: str) -> bool:
    return letter.isalnum() or letter == "_" or unicodedata.category(letter)[:1] == "M"


def _is_whole_word(word: str, text: str, place: int) -> bool:
    """Return True if the text continues neither end of the word (the client API's guidelines on filters)."""
    end = place + len(word)
    starts = place == 0 or not (_is_word_character(word[0]) and _is_word_character(text[place - 1]))
    ends = end == len(text) or not (_is_word_character(word[-1]) and _is_word_character(text[end]))
    return starts and ends


def _find_word_end(text: str, place: int) -> int:
    """Return where the word around `place` ends: no match before it can be a whole word."""
    while place < len(text) and _is_word_character(text[place]):
        place += 1
    return place


async def load_active(tx: ReadTx, account_id: int, context: str) -> ActiveFilters | None:
    """Return an account's filters for a context; None if there are none, which takes one statement."""
    filters = await filter_queries.list_active(tx, account_id, context)
    if not filters:
        return None
    keywords = await filter_queries.list_keywords(tx, account_id)
    return ActiveFilters(filters, keywords, await filter_queries.list_posts(tx, account_id))


# --- filters of their owner


async def list_by_account(tx: ReadTx, actor: AccountRow) -> list[FilterView]:
    """Return all filters of `actor`, also the expired ones."""
    filters = await filter_queries.list_by_account(tx, actor.id)
    if not filters:
        return []
    keywords = await filter_queries.list_keywords(tx, actor.id)
    posts = await filter_queries.list_posts(tx, actor.id)
    return [_to_view(row, keywords, posts) for row in filters]


def _to_view(
    row: FilterRow, keywords: Sequence[FilterKeywordRow], posts: Sequence[FilterPostRow]
) -> FilterView:
    return FilterView(
        row,
        tuple(keyword for keyword in keywords if keyword.filter_id == row.id),
        tuple(post for post in posts if post.filter_id == row.id),
    )


async def get(tx: ReadTx, actor: AccountRow, filter_id: int) -> FilterView:
    """Return a filter of `actor`. Raises NotFoundError."""
    row = await filter_queries.find(tx, actor.id, filter_id)
    if row is None:
        raise NotFoundError
    return _to_view(
        row, await filter_queries.list_keywords(tx, actor.id), await filter_queries.list_posts(tx, actor.id)
    )


async def create(
    tx: Tx,
    actor: AccountRow,
    title: str,
    contexts: Sequence[str],
    *,
    action: str = "warn",
    seconds: int | None = None,
    keywords: Sequence[KeywordChange] = (),
) -> FilterView:
    """Create a filter that applies for `seconds`, or permanently if that is None. Raises InvalidError."""
    if await filter_queries.count(tx, actor.id) >= MAX_FILTERS:
        message = gettext("You have as many filters as you can. Please delete one first.")
        raise InvalidError("base", f"You may have {MAX_FILTERS} filters", message=message)
    row = FilterRow(
        id=tx.new_id(),
        account_id=actor.id,
        title=_clean_title(title),
        contexts=_encode_contexts(contexts),
        action=_check_action(action),
        expires_at=_to_expires_at(tx, seconds),
    )
    await filter_queries.insert_filter(tx, row)
    await _apply_keyword_changes(tx, actor, row.id, keywords)
    tx.emit(events.FILTERS_CHANGED, account_id=actor.id)
    return await get(tx, actor, row.id)


async def update(
    tx: Tx,
    actor: AccountRow,
    filter_id: int,
    *,
    title: str | UnsetType = UNSET,
    contexts: Sequence[str] | UnsetType = UNSET,
    action: str | UnsetType = UNSET,
    seconds: int | UnsetType | None = UNSET,
    keywords: Sequence[KeywordChange] = (),
) -> FilterView:
    """Change a filter; `seconds` count from now, None is no limit. Raises NotFoundError, InvalidError."""
    row = (await get(tx, actor, filter_id)).filter
    if not isinstance(title, UnsetType):
        row = structs.replace(row, title=_clean_title(title))
    if not isinstance(contexts, UnsetType):
        row = structs.replace(row, contexts=_encode_contexts(contexts))
    if not isinstance(action, UnsetType):
        row = structs.replace(row, action=_check_action(action))
    if not isinstance(seconds, UnsetType):
        row = structs.replace(row, expires_at=_to_expires_at(tx, seconds))
    await filter_queries.update_filter(tx, row)
    await _apply_keyword_changes(tx, actor, row.id, keywords)
    tx.emit(events.FILTERS_CHANGED, account_id=actor.id)
    return await get(tx, actor, filter_id)


async def remove(tx: Tx, actor: AccountRow, filter_id: int) -> None:
    """Delete a filter. Raises NotFoundError."""
    if not await filter_queries.delete_filter(tx, actor.id, filter_id):
        raise NotFoundError
    tx.emit(events.FILTERS_CHANGED, account_id=actor.id)


async def get_keyword(tx: ReadTx, actor: AccountRow, keyword_id: int) -> FilterKeywordRow:
    """Return a keyword of a filter of `actor`. Raises NotFoundError."""
    row = await filter_queries.find_keyword(tx, actor.id, keyword_id)
    if row is None:
        raise NotFoundError
    return row


async def add_keyword(
    tx: Tx, actor: AccountRow, filter_id: int, text: str, *, whole_word: bool = True
) -> FilterKeywordRow:
    """Add a keyword to a filter. Raises NotFoundError, InvalidError."""
    former_ids = {keyword.id for keyword in (await get(tx, actor, filter_id)).keywords}
    view = await update(tx, actor, filter_id, keywords=[KeywordChange(text, whole_word)])
    return next(keyword for keyword in view.keywords if keyword.id not in former_ids)


async def update_keyword(
    tx: Tx, actor: AccountRow, keyword_id: int, *, text: str | None = None, whole_word: bool | None = None
) -> FilterKeywordRow:
    """Change a keyword. Raises NotFoundError, InvalidError."""
    row = await get_keyword(tx, actor, keyword_id)
    await update(tx, actor, row.filter_id, keywords=[KeywordChange(text, whole_word, row.id)])
    return await get_keyword(tx, actor, keyword_id)


async def remove_keyword(tx: Tx, actor: AccountRow, keyword_id: int) -> None:
    """Delete a keyword. Raises NotFoundError."""
    if not await filter_queries.delete_keywords(tx, actor.id, [keyword_id]):
        raise NotFoundError
    tx.emit(events.FILTERS_CHANGED, account_id=actor.id)


async def update_keyword_and_filter(
    tx: Tx,
    actor: AccountRow,
    row: FilterKeywordRow,
    *,
    contexts: Sequence[str],
    action: str,
    seconds: int | None,
    keyword: KeywordChange,
) -> None:
    """Change a keyword and its filter, as version 1 of the API does. Raises NotFoundError, InvalidError.

    InvalidError too if the filter has other keywords, to which its change would apply.
    """
    view = await get(tx, actor, row.filter_id)
    same = (view.filter.contexts, view.filter.action) == (_encode_contexts(contexts), action)
    if len(view.keywords) > 1 and not (same and seconds is None):
        raise InvalidError("base", "This filter has more keywords: change it in a newer client")
    await update(
        tx, actor, row.filter_id, contexts=contexts, action=action, seconds=seconds, keywords=[keyword]
    )


async def remove_keyword_or_filter(tx: Tx, actor: AccountRow, keyword_id: int) -> None:
    """Remove a keyword, with its filter if nothing else is in it. Raises NotFoundError."""
    row = await get_keyword(tx, actor, keyword_id)
    view = await get(tx, actor, row.filter_id)
    if len(view.keywords) == 1 and not view.posts:
        await remove(tx, actor, row.filter_id)
    else:
        await remove_keyword(tx, actor, keyword_id)


async def get_post(tx: ReadTx, actor: AccountRow, filter_post_id: int) -> FilterPostRow:
    """Return a post that a filter of `actor` names. Raises NotFoundError."""
    row = await filter_queries.find_post(tx, actor.id, filter_post_id)
    if row is None:
        raise NotFoundError
    return row


async def add_post(tx: Tx, actor: AccountRow, filter_id: int, post: PostRow) -> FilterPostRow:
    """Add a post that `actor` may see to a filter. Raises NotFoundError, InvalidError."""
    view = await get(tx, actor, filter_id)
    if any(row.post_id == post.id for row in view.posts):
        raise InvalidError("status", "has already been taken", "ERR_TAKEN")
    if len(view.posts) >= MAX_KEYWORDS:
        raise InvalidError("statuses", f"are more than {MAX_KEYWORDS}", "ERR_TOO_LONG")
    row = FilterPostRow(tx.new_id(), filter_id, post.id)
    await filter_queries.insert_post(tx, row)
    tx.emit(events.FILTERS_CHANGED, account_id=actor.id)
    return row


async def remove_post(tx: Tx, actor: AccountRow, filter_post_id: int) -> FilterPostRow:
    """Remove a post from a filter; return the removed row. Raises NotFoundError."""
    row = await get_post(tx, actor, filter_post_id)
    await filter_queries.delete_post(tx, actor.id, filter_post_id)
    tx.emit(events.FILTERS_CHANGED, account_id=actor.id)
    return row


async def _apply_keyword_changes(
    tx: Tx, actor: AccountRow, filter_id: int, changes: Sequence[KeywordChange]
) -> None:
    if not changes:
        return
    if len(changes) > MAX_KEYWORDS:
        raise InvalidError("keywords", f"are more than {MAX_KEYWORDS}", "ERR_TOO_LONG")
    keywords = await filter_queries.list_keywords(tx, actor.id)
    former = {keyword.id: keyword for keyword in keywords if keyword.filter_id == filter_id}
    added, changed, removed = [], [], []
    for change in changes:
        if change.id is None and not change.remove:
            word = _clean_keyword(change.keyword or "")
            whole = True if change.whole_word is None else change.whole_word
            added.append(FilterKeywordRow(tx.new_id(), filter_id, word, whole))
        elif change.id is not None:
            row = former.get(change.id)
            if row is None:
                raise NotFoundError
            if change.remove:
                removed.append(row.id)
                continue
            word = row.keyword if change.keyword is None else _clean_keyword(change.keyword)
            whole = row.whole_word if change.whole_word is None else change.whole_word
            changed.append(structs.replace(row, keyword=word, whole_word=whole))
    if len(former) + len(added) - len(removed) > MAX_KEYWORDS:
        raise InvalidError("keywords", f"are more than {MAX_KEYWORDS}", "ERR_TOO_LONG")
    if removed:
        await filter_queries.delete_keywords(tx, actor.id, removed)
    await filter_queries.update_keywords(tx, changed)
    await filter_queries.insert_keywords(tx, added)


def _clean_title(text: str) -> str:
    title = clean_line("title", text, MAX_TITLE)
    if not title:
        raise InvalidError("title", "can't be blank", "ERR_BLANK")
    return title


def _clean_keyword(text: str) -> str:
    word = clean_line("keyword", text, MAX_KEYWORD)
    if not word:
        raise InvalidError("keyword", "can't be blank", "ERR_BLANK")
    return word


def decode_contexts(row: FilterRow) -> list[str]:
    """Return where a filter applies."""
    return _decode_contexts(row.contexts)


def _encode_contexts(contexts: Sequence[str]) -> str:
    known = [name for name in CONTEXTS if name in contexts]
    if not known:
        raise InvalidError("context", "can't be blank", "ERR_BLANK")
    if len(set(contexts)) != len(known):
        raise InvalidError("context", f"is not of {', '.join(CONTEXTS)}", "ERR_INCLUSION")
    return encode(known).decode()


def _check_action(text: str) -> str:
    if text not in ACTIONS:
        raise InvalidError("filter_action", f"is not one of {', '.join(ACTIONS)}", "ERR_INCLUSION")
    return text


def _to_expires_at(tx: ReadTx, seconds: int | None) -> int | None:
    return None if seconds is None else tx.now + min(max(seconds, 0), MAX_DURATION_S) * 1000
