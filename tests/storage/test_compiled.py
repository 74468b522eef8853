"""What is known of a statement once it is compiled."""

from __future__ import annotations

import pytest
from sqlalchemy import Insert, text
from sqlalchemy.sql.base import Executable

from storage.compiled import POSTGRESQL, SQLITE, Compiled
from storage.queries import follows, home_entries, likes, posts, search, tags, tasks, timelines, tokens


@pytest.mark.parametrize(
    ("statement", "short"),
    [
        (posts.BY_IDS, True),
        (tags.ADD, True),
        (home_entries.ADD, True),
        (home_entries.FAN_POST, False),  # as many rows as there are followers
        (posts.COUNTS["likes_count"], True),
        (tasks.FINISH, True),  # a list of primary keys
        (follows.REMOVE, True),  # a pair that is unique
        (likes.REMOVE_LIKE, True),
        (posts.REMOVE, False),  # cascades
        (posts.MOVE_THREADS, False),  # as many as there are posts in the threads
        (tokens.DROP_CODES, False),
        (text("DELETE FROM tags WHERE id = 1"), False),  # nobody has read it
    ],
)
def test_writes_of_unknown_size_are_not_short(statement: Executable, short: bool) -> None:
    keys = tuple(statement.table.c.keys()) if isinstance(statement, Insert) else ()
    assert Compiled(statement, SQLITE, keys).short is short


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_what_is_fixed_is_in_the_text(dialect: type) -> None:
    compiled = Compiled(timelines.PUBLIC["all", False].down, dialect, ())
    assert "posts.visibility = 'public'" in compiled.sql
    assert "posts.state = 'published'" in compiled.sql
    assert set(compiled.names) - set(compiled.static) == {
        "viewer_id",
        "now",
        "page_max",
        "page_low",
        "page_limit",
    }


def test_signs_that_databases_write_differently_stay_parameters() -> None:
    compiled = Compiled(home_entries.FAN_POST, POSTGRESQL, ())
    assert '%"' in compiled.static.values()


def test_lists_and_booleans_are_known() -> None:
    assert Compiled(posts.BY_IDS, SQLITE, ()).lists == {"ids"}
    assert Compiled(posts.BY_IDS, POSTGRESQL, ()).booleans == []
    places = Compiled(posts.BY_IDS, SQLITE, ()).booleans
    assert [posts.COLUMNS[place].name for place in places] == ["local", "sensitive"]
    assert Compiled(search.CONSENTING, SQLITE, ()).booleans == []
