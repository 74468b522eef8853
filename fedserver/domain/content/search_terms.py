"""Parser of search queries (docs.joinmastodon.org/user/network#search).

`"side by side"`, `-without`, `from:me`, `from:@bob@beta.test`, `before:2026-01-31`, `after:`, `during:`,
`language:de`, `has:media|image|video|audio|poll|link|embed`, `is:reply|sensitive|article`,
`in:library|public|all`; `-` before an operator negates it. Malformed operators are taken as words.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from msgspec import Struct, structs

from fedserver.domain.content.search_index import to_language_fact
from fedserver.text.languages import normalize_language
from fedserver.text.tokenizer import parse_phrase
from storage.engine import MAX_ID, first_id_at
from storage.search import SearchTerm

MAX_TERMS = 30  # each one is a condition of the statement
DAY_MS = 86_400_000
HAS = frozenset({"media", "image", "video", "audio", "poll", "link", "embed"})
IS = frozenset({"reply", "sensitive", "article"})
SCOPES = frozenset({"all", "library", "public"})
_PIECE = re.compile(r'([+-]?)(?:"([^"]*)"|(\S+))')


class SearchQuery(Struct, frozen=True):
    """A parsed search: terms that must all match, authors by handle (True: excluded), bounds of post ids."""

    terms: tuple[SearchTerm, ...] = ()
    authors: tuple[tuple[str, bool], ...] = ()
    above_id: int = 0
    below_id: int = MAX_ID
    scope: str = "all"
    is_plain: bool = True  # words only: accounts and tags are searched too

    @property
    def is_empty(self) -> bool:
        """True if the query has no conditions."""
        return self == SearchQuery(is_plain=self.is_plain)


def parse(text: str) -> SearchQuery:
    """Parse a search query; never fails."""
    query = SearchQuery()
    for match in list(_PIECE.finditer(text))[:MAX_TERMS]:
        sign, quoted, word = match.groups()
        excluded = sign == "-"
        applied = _apply_operator(query, word, excluded=excluded) if word else None
        query = applied or _add_words(query, word or quoted or "", excluded=excluded)
        if applied is not None or excluded or quoted is not None:
            query = structs.replace(query, is_plain=False)
    return query


def _add_words(query: SearchQuery, text: str, *, excluded: bool) -> SearchQuery:
    tokens, begins = parse_phrase(text)
    return _add_term(query, SearchTerm(tokens, is_prefix=begins, is_excluded=excluded)) if tokens else query


def _add_term(query: SearchQuery, term: SearchTerm) -> SearchQuery:
    return structs.replace(query, terms=(*query.terms, term))


def _apply_operator(query: SearchQuery, word: str, *, excluded: bool) -> SearchQuery | None:
    """Return the query with an operator applied; None if `word` is not a valid operator."""
    name, colon, value = word.partition(":")
    if not colon or not value:
        return None
    match name.lower():
        case "from":
            handle = value.removeprefix("@").lower()
            return structs.replace(query, authors=(*query.authors, (handle, excluded))) if handle else None
        case "language" if normalize_language(value):
            return _add_term(
                query, SearchTerm((to_language_fact(value),), is_fact=True, is_excluded=excluded)
            )
        case "has" | "is" as kind if value.lower() in (HAS if kind == "has" else IS):
            return _add_term(query, SearchTerm((kind + value.lower(),), is_fact=True, is_excluded=excluded))
        case "in" if value.lower() in SCOPES and not excluded:
            return structs.replace(query, scope=value.lower())
        case "before" | "after" | "during" as when:
            return _apply_date(query, when, value, excluded=excluded)
        case _:
            return None


def _apply_date(query: SearchQuery, when: str, value: str, *, excluded: bool) -> SearchQuery | None:
    first = _parse_day(value)
    if first is None or (excluded and when == "during"):
        return None
    if excluded:  # "not before a day" means "after the day before it", and the other way round
        when, first = ("after", first - DAY_MS) if when == "before" else ("before", first + DAY_MS)
    above, below = query.above_id, query.below_id
    if when in ("before", "during"):
        below = min(below, first_id_at(first + (DAY_MS if when == "during" else 0)))
    if when in ("after", "during"):
        above = max(above, first_id_at(first + (DAY_MS if when == "after" else 0)) - 1)
    return structs.replace(query, above_id=above, below_id=below)


def _parse_day(text: str) -> int | None:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    if day is None or not 1970 < day.year < 3000:
        return None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
