"""What is known of a statement once it is compiled."""

from __future__ import annotations

import pytest
from sqlalchemy import Insert, text
from sqlalchemy.sql.base import Executable

from storage.compiled import POSTGRESQL, SQLITE, CompiledStatement
from storage.queries.auth import tokens as token_queries
from storage.queries.content import search_index as search_index_queries
from storage.queries.content import tags as tag_queries
from storage.queries.kernel import jobs as job_queries
from storage.queries.posts import likes as like_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import follows as follow_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.queries.timelines import timelines as timeline_queries


@pytest.mark.parametrize(
    ("statement", "short"),
    [
        (post_queries.LOAD_BY_IDS, True),
        (tag_queries.INSERT, True),
        (home_entry_queries.INSERT, True),
        (home_entry_queries.FAN_OUT_POST, False),  # as many rows as there are followers
        (post_queries.ADJUST_COUNT["likes_count"], True),
        (job_queries.FINISH, True),  # a list of primary keys
        (follow_queries.DELETE, True),  # a pair that is unique
        (like_queries.DELETE_LIKE, True),
        (post_queries.DELETE, False),  # cascades
        (post_queries.MERGE_THREADS, False),  # as many as there are posts in the threads
        (token_queries.DELETE_EXPIRED_CODES, False),
        (text("DELETE FROM tags WHERE id = 1"), False),  # nobody has read it
    ],
)
def test_writes_of_unknown_size_are_not_short(statement: Executable, short: bool) -> None:
    keys = tuple(statement.table.c.keys()) if isinstance(statement, Insert) else ()
    assert CompiledStatement(statement, SQLITE, keys).is_short is short


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_fixed_values_are_in_the_sql(dialect: type) -> None:
    compiled = CompiledStatement(timeline_queries.LIST_PUBLIC["all", False].down, dialect, ())
    assert "posts.visibility = 'public'" in compiled.sql
    assert "posts.state = 'published'" in compiled.sql
    assert set(compiled.param_names) - set(compiled.static_params) == {
        "viewer_id",
        "now",
        "page_max",
        "page_low",
        "page_limit",
    }


def test_values_with_special_characters_stay_parameters() -> None:
    compiled = CompiledStatement(home_entry_queries.FAN_OUT_POST, POSTGRESQL, ())
    assert '%"' in compiled.static_params.values()


def test_lists_and_booleans_are_known() -> None:
    assert CompiledStatement(post_queries.LOAD_BY_IDS, SQLITE, ()).list_params == {"ids"}
    assert CompiledStatement(post_queries.LOAD_BY_IDS, POSTGRESQL, ()).boolean_columns == []
    places = CompiledStatement(post_queries.LOAD_BY_IDS, SQLITE, ()).boolean_columns
    assert [post_queries.COLUMNS[place].name for place in places] == ["local", "sensitive"]
    assert CompiledStatement(search_index_queries.LOAD_INDEXABLE, SQLITE, ()).boolean_columns == []
