"""Full-text search: where SQLite (FTS5) and PostgreSQL (tsvector) differ, and nothing else.

Both keep the same words, made by the caller, so both find the same. Beside the words stand *facts* about
a post (who wrote it, its language, what is attached): words of a kind that nobody can type. Entries and
searches are written for both databases at once; each statement takes the parameters that are its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ClauseElement, ColumnElement, SelectBase, Text, TextClause, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Boolean

# What PostgreSQL can keep of one post: a position is at most 16,383, a word has at most 255 of them.
MAX_POSITION, MAX_POSITIONS_PER_WORD, MAX_VECTOR_BYTES = 16_383, 200, 900_000


class SearchEntry(Struct, frozen=True):
    """What search knows of a post: its words in their order, and facts (`[a-z0-9]+`) about it."""

    post_id: int
    words: Sequence[str]
    facts: Sequence[str]


class SearchTerm(Struct, frozen=True):
    """What a post must have (or, `excluded`, must not): words side by side, or one fact.

    With `begins` the last word is only the beginning of one.
    """

    words: tuple[str, ...]
    is_fact: bool = False
    is_prefix: bool = False
    is_excluded: bool = False


class by_dialect(Executable, ClauseElement):
    """A statement that is written differently for each database."""

    inherit_cache = False

    def __init__(self, *, sqlite: TextClause, postgresql: TextClause) -> None:
        self.sqlite = sqlite
        self.postgresql = postgresql


@compiles(by_dialect, "sqlite")
def _sqlite_statement(element: by_dialect, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.sqlite, **kw)


@compiles(by_dialect, "postgresql")
def _postgresql_statement(element: by_dialect, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.postgresql, **kw)


class matches(ColumnElement[bool]):
    """The entry of `post_words` has what is searched; the parameters are those of `search_params`."""

    inherit_cache = False
    type = Boolean()

    def self_group(self, against: Any = None) -> matches:
        """It is a condition already: SQLite would compare anything else with 1."""
        return self


@compiles(matches, "sqlite")
def _matches_sqlite(_element: matches, compiler: SQLCompiler, **kw: Any) -> str:
    return f"post_words MATCH {compiler.process(bindparam('fts5', type_=Text()), **kw)}"


@compiles(matches, "postgresql")
def _matches_postgresql(_element: matches, compiler: SQLCompiler, **kw: Any) -> str:
    return (
        f"post_words.words @@ CAST({compiler.process(bindparam('tsquery', type_=Text()), **kw)} AS tsquery)"
    )


class entry_in(ColumnElement[bool]):
    """The entry is one of the posts of a subquery, which is made into a list once before entries are read."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, ids: SelectBase) -> None:
        self.ids = ids.scalar_subquery()

    def self_group(self, against: Any = None) -> entry_in:
        """It is a condition already, as above."""
        return self


@compiles(entry_in, "sqlite")
def _entry_in_sqlite(element: entry_in, compiler: SQLCompiler, **kw: Any) -> str:
    # With the sign before it the id cannot lead into the index, one search for each post of the list.
    return f"+post_words.rowid IN {compiler.process(element.ids, **kw)}"


@compiles(entry_in, "postgresql")
def _entry_in_postgresql(element: entry_in, compiler: SQLCompiler, **kw: Any) -> str:
    return f"post_words.rowid = ANY(ARRAY{compiler.process(element.ids, **kw)})"


def entry_params(row: SearchEntry) -> dict[str, Any]:
    """The parameters with which an entry is written."""
    return {
        "id": row.post_id,
        "words": " ".join(row.words),
        "facts": " ".join(row.facts),
        "vector": _to_tsvector(row),
    }


def search_params(terms: Sequence[SearchTerm]) -> dict[str, str]:
    """The parameters of `matches`. At least one term must not be excluded."""
    return {"fts5": _to_fts5(terms), "tsquery": " & ".join(map(_to_tsquery, terms))}


def _to_tsvector(row: SearchEntry) -> str:
    """The entry as text of a tsvector; facts have no place and begin with a sign that words never have."""
    places: dict[str, list[int]] = {}
    left = MAX_VECTOR_BYTES
    for place, word in enumerate(row.words, start=1):
        if word not in places:
            left -= 4 * len(word) + 16
            if left < 0:
                break
            places[word] = []
        if len(places[word]) < MAX_POSITIONS_PER_WORD:
            places[word].append(min(place, MAX_POSITION))
    lexemes = [f"'{word}':{','.join(map(str, found))}" for word, found in places.items()]
    return " ".join([*lexemes, *(f"'={fact}'" for fact in row.facts)])


def _to_tsquery(term: SearchTerm) -> str:
    if term.is_fact:
        found = f"'={term.words[0]}'"
    else:
        found = " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.is_prefix else "")
    return f"!({found})" if term.is_excluded else f"({found})"


def _to_fts5(terms: Sequence[SearchTerm]) -> str:
    wanted = " AND ".join(_render_fts5_terms(terms, excluded=False))
    unwanted = " OR ".join(_render_fts5_terms(terms, excluded=True))
    return f"({wanted}) NOT ({unwanted})" if unwanted else wanted


def _render_fts5_terms(terms: Iterable[SearchTerm], *, excluded: bool) -> list[str]:
    return [
        f'{"facts" if term.is_fact else "words"} : "{" ".join(term.words)}"{" *" if term.is_prefix else ""}'
        for term in terms
        if term.is_excluded == excluded
    ]
