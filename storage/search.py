"""Full-text search: the SQL that differs between SQLite (FTS5) and PostgreSQL (tsvector).

Both index the same words, which the caller extracts; PostgreSQL stops at its limits, so it may find less of a
very long post. Beside its words an entry holds *facts* about the post (its author, its language, what is
attached): reserved terms that a member's query cannot contain. `build_entry_params` and
`build_search_params` return the parameters of both databases; each statement takes those that it names.
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

# PostgreSQL allows positions up to 16,383, 256 positions for a word, and 1 MB in all (manual, 12.11). The
# last two are lower here, which leaves room for facts and for what PostgreSQL adds.
MAX_POSITION, MAX_POSITIONS_PER_WORD, MAX_VECTOR_BYTES = 16_383, 200, 900_000


class SearchEntry(Struct, frozen=True):
    """The entry of a post in the index: its words in their order, and facts (`[a-z0-9]+`) about it.

    Words come from the tokenizer, here and in `SearchTerm`: they hold neither quotes nor backslashes, so that
    they can stand in the query languages of both databases.
    """

    post_id: int
    words: Sequence[str]
    facts: Sequence[str]


class SearchTerm(Struct, frozen=True):
    """A condition on a post: it contains these adjacent words, or this fact; with `is_excluded`, it does not.

    With `is_prefix` the last word is the beginning of a word.
    """

    words: tuple[str, ...]
    is_fact: bool = False
    is_prefix: bool = False
    is_excluded: bool = False


class DialectStatement(Executable, ClauseElement):
    """A statement that is written differently for each database."""

    inherit_cache = False

    def __init__(self, *, sqlite: TextClause, postgresql: TextClause) -> None:
        self.sqlite = sqlite
        self.postgresql = postgresql


@compiles(DialectStatement, "sqlite")
def _compile_statement_sqlite(element: DialectStatement, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.sqlite, **kw)


@compiles(DialectStatement, "postgresql")
def _compile_statement_postgresql(element: DialectStatement, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.postgresql, **kw)


class SearchMatch(ColumnElement[bool]):
    """The condition that an entry of `post_words` matches. Its parameters come from `build_search_params`."""

    inherit_cache = False
    type = Boolean()

    def self_group(self, against: Any = None) -> SearchMatch:
        """Return self: SQLAlchemy would otherwise add `= 1` on SQLite, which has no booleans."""
        return self


@compiles(SearchMatch, "sqlite")
def _compile_match_sqlite(_element: SearchMatch, compiler: SQLCompiler, **kw: Any) -> str:
    return f"post_words MATCH {compiler.process(bindparam('fts5', type_=Text()), **kw)}"


@compiles(SearchMatch, "postgresql")
def _compile_match_postgresql(_element: SearchMatch, compiler: SQLCompiler, **kw: Any) -> str:
    return (
        f"post_words.words @@ CAST({compiler.process(bindparam('tsquery', type_=Text()), **kw)} AS tsquery)"
    )


class EntryIn(ColumnElement[bool]):
    """The condition that the entry's post is in a subquery, which runs once, before the index is read."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, ids: SelectBase) -> None:
        self.ids = ids.scalar_subquery()

    def self_group(self, against: Any = None) -> EntryIn:
        """Return self: SQLAlchemy would otherwise add `= 1` on SQLite, which has no booleans."""
        return self


@compiles(EntryIn, "sqlite")
def _compile_entry_in_sqlite(element: EntryIn, compiler: SQLCompiler, **kw: Any) -> str:
    # The unary plus stops SQLite from looking up the index once for each id.
    return f"+post_words.rowid IN {compiler.process(element.ids, **kw)}"


@compiles(EntryIn, "postgresql")
def _compile_entry_in_postgresql(element: EntryIn, compiler: SQLCompiler, **kw: Any) -> str:
    # As an array the subquery runs once; as a join PostgreSQL may read the index first.
    return f"post_words.rowid = ANY(ARRAY{compiler.process(element.ids, **kw)})"


def build_entry_params(entry: SearchEntry) -> dict[str, Any]:
    """Return the parameters with which an entry is written."""
    return {
        "id": entry.post_id,
        "words": " ".join(entry.words),
        "facts": " ".join(entry.facts),
        "vector": _to_tsvector(entry),
    }


def build_search_params(terms: Sequence[SearchTerm]) -> dict[str, str]:
    """Return the parameters of `SearchMatch`.

    At least one term must not be excluded, as FTS5 has no unary NOT.
    """
    return {"fts5": _to_fts5(terms), "tsquery": " & ".join(map(_to_tsquery, terms))}


def _to_tsvector(entry: SearchEntry) -> str:
    """Return the text of a tsvector; facts have no position and begin with =, which no word contains."""
    positions: dict[str, list[int]] = {}
    bytes_left = MAX_VECTOR_BYTES
    for position, word in enumerate(entry.words, start=1):
        if word not in positions:
            # An upper bound: 4 bytes of UTF-8 for a character, 16 for the entry of a word.
            bytes_left -= 4 * len(word) + 16
            if bytes_left < 0:
                break
            positions[word] = []
        if len(positions[word]) < MAX_POSITIONS_PER_WORD:
            positions[word].append(min(position, MAX_POSITION))
    lexemes = [f"'{word}':{','.join(map(str, numbers))}" for word, numbers in positions.items()]
    return " ".join([*lexemes, *(f"'={fact}'" for fact in entry.facts)])


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
