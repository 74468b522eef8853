"""Full-text search where SQLite (FTS5) and PostgreSQL (tsvector) differ.

Both index the same words, which the caller extracts, so both find the same. Beside the words an entry holds
*facts* about a post (its author, its language, what is attached): terms that no member can type. Parameters
are made for both databases at once; each statement takes its own.
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

# Limits of a tsvector (PostgreSQL manual, 12.11): positions up to 16,383, at most 256 a word, 1 MB in all.
MAX_POSITION, MAX_POSITIONS_PER_WORD, MAX_VECTOR_BYTES = 16_383, 200, 900_000


class SearchEntry(Struct, frozen=True):
    """The entry of a post in the index: its words in their order, and facts (`[a-z0-9]+`) about it."""

    post_id: int
    words: Sequence[str]
    facts: Sequence[str]


class SearchTerm(Struct, frozen=True):
    """A condition on a post: it has (or has not, if `is_excluded`) adjacent words, or one fact.

    With `is_prefix` the last word is only the beginning of one.
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
    """The condition that an entry of `post_words` matches; `search_params` makes its parameters."""

    inherit_cache = False
    type = Boolean()

    def self_group(self, against: Any = None) -> matches:
        """Return itself, as it is a condition already: SQLite would compare anything else with 1."""
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
    """The condition that an entry is of a post in a subquery, which runs once before entries are read."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, ids: SelectBase) -> None:
        self.ids = ids.scalar_subquery()

    def self_group(self, against: Any = None) -> entry_in:
        """Return itself, as above."""
        return self


@compiles(entry_in, "sqlite")
def _entry_in_sqlite(element: entry_in, compiler: SQLCompiler, **kw: Any) -> str:
    # The plus sign keeps SQLite from using the id, which would search the index once for each post.
    return f"+post_words.rowid IN {compiler.process(element.ids, **kw)}"


@compiles(entry_in, "postgresql")
def _entry_in_postgresql(element: entry_in, compiler: SQLCompiler, **kw: Any) -> str:
    return f"post_words.rowid = ANY(ARRAY{compiler.process(element.ids, **kw)})"


def entry_params(row: SearchEntry) -> dict[str, Any]:
    """Return the parameters with which an entry is written."""
    return {
        "id": row.post_id,
        "words": " ".join(row.words),
        "facts": " ".join(row.facts),
        "vector": _to_tsvector(row),
    }


def search_params(terms: Sequence[SearchTerm]) -> dict[str, str]:
    """Return the parameters of `matches`. At least one term must not be excluded."""
    return {"fts5": _to_fts5(terms), "tsquery": " & ".join(map(_to_tsquery, terms))}


def _to_tsvector(row: SearchEntry) -> str:
    """Return the text of a tsvector; facts have no position and begin with =, which no word contains."""
    positions: dict[str, list[int]] = {}
    bytes_left = MAX_VECTOR_BYTES
    for position, word in enumerate(row.words, start=1):
        if word not in positions:
            bytes_left -= 4 * len(word) + 16
            if bytes_left < 0:
                break
            positions[word] = []
        if len(positions[word]) < MAX_POSITIONS_PER_WORD:
            positions[word].append(min(position, MAX_POSITION))
    lexemes = [f"'{word}':{','.join(map(str, numbers))}" for word, numbers in positions.items()]
    return " ".join([*lexemes, *(f"'={fact}'" for fact in row.facts)])


def _to_tsquery(term: SearchTerm) -> str:
    if term.is_fact:
        query = f"'={term.words[0]}'"
    else:
        query = " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.is_prefix else "")
    return f"!({query})" if term.is_excluded else f"({query})"


def _to_fts5(terms: Sequence[SearchTerm]) -> str:
    included = " AND ".join(_render_fts5_terms(terms, excluded=False))
    excluded = " OR ".join(_render_fts5_terms(terms, excluded=True))
    return f"({included}) NOT ({excluded})" if excluded else included


def _render_fts5_terms(terms: Iterable[SearchTerm], *, excluded: bool) -> list[str]:
    return [
        f'{"facts" if term.is_fact else "words"} : "{" ".join(term.words)}"{" *" if term.is_prefix else ""}'
        for term in terms
        if term.is_excluded == excluded
    ]
