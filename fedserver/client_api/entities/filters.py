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
    """A filter as version 1 knows it (docs.joinmastodon.org/entities/V1_Filter)."""

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
    return FilterKeyword(str(row.id), row.keyword, row.whole_word)


def render_filter_status(row: FilterPostRow) -> FilterStatus:
    return FilterStatus(str(row.id), str(row.post_id))


def render_filter(
    row: FilterRow, keywords: Sequence[FilterKeywordRow] = (), posts: Sequence[FilterPostRow] = ()
) -> Filter:
    """A filter with what it looks for."""
    return Filter(
        str(row.id),
        row.title,
        _decode_contexts(row.contexts),
        to_iso_or_none(row.expires_at),
        row.action,
        [render_keyword(each) for each in keywords],
        [render_filter_status(each) for each in posts],
    )


def render_keyword_filter(row: FilterRow, word: FilterKeywordRow) -> KeywordFilter:
    """A keyword of a filter, as version 1 shows it."""
    contexts, until = _decode_contexts(row.contexts), to_iso_or_none(row.expires_at)
    return KeywordFilter(str(word.id), word.keyword, contexts, word.whole_word, until, row.action == "hide")


def render_filter_result(hit: filters.FilterMatch) -> FilterResult:
    """Why a filter applies to a post."""
    posts = [str(each) for each in hit.post_ids]
    return FilterResult(render_filter(hit.filter), list(hit.keywords) or None, posts or None)
