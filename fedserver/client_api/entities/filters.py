"""Filter and FilterResult (docs.joinmastodon.org/entities/Filter)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from fedserver.client_api.entities.times import to_iso_or_none
from fedserver.domain.timelines import filters
from storage.rows.timelines import FilterKeywordRow, FilterPostRow, FilterRow

_decode_contexts = msgspec.json.Decoder(list[str]).decode


class FilterKeyword(Struct, frozen=True):
    id: str
    keyword: str
    whole_word: bool


class FilterStatus(Struct, frozen=True):
    id: str
    status_id: str


class Filter(Struct, frozen=True):
    id: str
    title: str
    context: list[str]
    expires_at: str | None
    filter_action: str
    keywords: list[FilterKeyword] = []
    statuses: list[FilterStatus] = []


class KeywordFilter(Struct, frozen=True):
    """A filter of version 1 (docs.joinmastodon.org/entities/V1_Filter)."""

    id: str
    phrase: str
    context: list[str]
    whole_word: bool
    expires_at: str | None
    irreversible: bool


class FilterResult(Struct, frozen=True):
    filter: Filter
    keyword_matches: list[str] | None
    status_matches: list[str] | None


def render_keyword(row: FilterKeywordRow) -> FilterKeyword:
    """Return a keyword of a filter."""
    return FilterKeyword(str(row.id), row.keyword, row.whole_word)


def render_filter_status(row: FilterPostRow) -> FilterStatus:
    """Return a post that a filter hides."""
    return FilterStatus(str(row.id), str(row.post_id))


def render_filter(
    row: FilterRow, keywords: Sequence[FilterKeywordRow] = (), posts: Sequence[FilterPostRow] = ()
) -> Filter:
    """Return a filter with its keywords and posts."""
    return Filter(
        str(row.id),
        row.title,
        _decode_contexts(row.contexts),
        to_iso_or_none(row.expires_at),
        row.action,
        [render_keyword(keyword) for keyword in keywords],
        [render_filter_status(post) for post in posts],
    )


def render_keyword_filter(row: FilterRow, keyword: FilterKeywordRow) -> KeywordFilter:
    """Return one keyword as a filter of version 1."""
    contexts, until = _decode_contexts(row.contexts), to_iso_or_none(row.expires_at)
    return KeywordFilter(
        str(keyword.id), keyword.keyword, contexts, keyword.whole_word, until, row.action == "hide"
    )


def render_filter_result(match: filters.FilterMatch) -> FilterResult:
    """Return which keywords and posts of a filter match a post."""
    posts = [str(post_id) for post_id in match.post_ids]
    return FilterResult(render_filter(match.filter), list(match.keywords) or None, posts or None)
