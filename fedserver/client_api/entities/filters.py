"""Filter and FilterResult (docs.joinmastodon.org/entities/Filter)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from fedserver.client_api.entities.times import iso_or_none
from fedserver.domain.timelines import filters
from storage.rows.timelines import FilterKeywordRow, FilterPostRow, FilterRow

_contexts = msgspec.json.Decoder(list[str]).decode


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


def keyword(row: FilterKeywordRow) -> FilterKeyword:
    return FilterKeyword(str(row.id), row.keyword, row.whole_word)


def named_status(row: FilterPostRow) -> FilterStatus:
    return FilterStatus(str(row.id), str(row.post_id))


def filter_entity(
    row: FilterRow, keywords: Sequence[FilterKeywordRow] = (), posts: Sequence[FilterPostRow] = ()
) -> Filter:
    """A filter with what it looks for."""
    return Filter(
        str(row.id),
        row.title,
        _contexts(row.contexts),
        iso_or_none(row.expires_at),
        row.action,
        [keyword(each) for each in keywords],
        [named_status(each) for each in posts],
    )


def keyword_filter(row: FilterRow, word: FilterKeywordRow) -> KeywordFilter:
    """A keyword of a filter, as version 1 shows it."""
    contexts, until = _contexts(row.contexts), iso_or_none(row.expires_at)
    return KeywordFilter(str(word.id), word.keyword, contexts, word.whole_word, until, row.action == "hide")


def filter_result(hit: filters.Hit) -> FilterResult:
    """Why a filter applies to a post."""
    posts = [str(each) for each in hit.post_ids]
    return FilterResult(filter_entity(hit.filter), list(hit.keywords) or None, posts or None)
