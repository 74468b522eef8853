"""Search queries: words, phrases and operators, and malformed input taken as words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fedserver.domain.content import search_terms
from fedserver.domain.content.search_terms import SearchQuery
from storage.engine import MAX_ID, first_id_at
from storage.search import SearchTerm

JAN_31, FEB_1 = (
    first_id_at(int(datetime(2026, month, day, tzinfo=UTC).timestamp() * 1000))
    for month, day in ((1, 31), (2, 1))
)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", SearchQuery()),
        ("cat", SearchQuery((SearchTerm(("cat",)),))),
        ("-cat", SearchQuery((SearchTerm(("cat",), is_excluded=True),), is_plain=False)),
        ("from:@Bob@Beta.test", SearchQuery(authors=(("bob@beta.test", False),), is_plain=False)),
        ("-from:me", SearchQuery(authors=(("me", True),), is_plain=False)),
        ("has:Poll", SearchQuery((SearchTerm(("haspoll",), is_fact=True),), is_plain=False)),
        ("is:reply", SearchQuery((SearchTerm(("isreply",), is_fact=True),), is_plain=False)),
        ("language:de", SearchQuery((SearchTerm(("langde",), is_fact=True),), is_plain=False)),
        ("in:library", SearchQuery(scope="library", is_plain=False)),
        ("before:2026-01-31", SearchQuery(below_id=JAN_31, is_plain=False)),
        ("after:2026-01-31", SearchQuery(above_id=FEB_1 - 1, is_plain=False)),
        ("during:2026-01-31", SearchQuery(above_id=JAN_31 - 1, below_id=FEB_1, is_plain=False)),
        ("-before:2026-02-01", SearchQuery(above_id=FEB_1 - 1, is_plain=False)),
        ("-after:2026-01-31", SearchQuery(below_id=FEB_1, is_plain=False)),
    ],
)
def test_operators_become_conditions(text: str, query: SearchQuery) -> None:
    assert search_terms.parse(text) == query


def test_phrase_is_one_term_of_several_words() -> None:
    (term,) = search_terms.parse('"side by side"').terms
    assert term.words == ("side", "by", "side")
    assert not term.is_excluded


@pytest.mark.parametrize(
    "text",
    ["has:nothing", "is:", "before:yesterday", "before:2026-13-01", "-during:2026-01-31", "-in:all", "in:x"],
)
def test_malformed_operators_are_taken_as_words(text: str) -> None:
    query = search_terms.parse(text)
    assert query.terms
    assert not any(term.is_fact for term in query.terms)
    assert (query.above_id, query.below_id, query.scope) == (0, MAX_ID, "all")


def test_number_of_terms_is_limited() -> None:
    assert len(search_terms.parse("a1 " * 1_000).terms) == search_terms.MAX_TERMS
