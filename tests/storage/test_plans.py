"""Hot reads find their rows by an index, in order: no scan of a table that grows, no sort of one."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.sql.base import Executable

from storage.compiled import SQLITE, Compiled
from storage.queries import (
    accounts,
    acts,
    articles,
    cards,
    deliveries,
    endorsements,
    featured_tags,
    follows,
    home_entries,
    inbox,
    likes,
    media,
    notifications,
    partners,
    peers,
    post_facts,
    posts,
    push_subscriptions,
    quotes,
    reactions,
    refreshes,
    relays,
    tags,
    timelines,
    tokens,
    translations,
)
from storage.statements import Paged
from tests.kit import databases

# A list that came as a parameter, and what one parameter limits.
HARMLESS = re.compile(r"SCAN json_each|SCAN CONSTANT ROW|SCAN anon_")


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    url = databases.new_sqlite(tmp_path_factory.mktemp("plans"))
    connection = sqlite3.connect(Path(url.removeprefix("sqlite:")))
    yield connection
    connection.close()


def plan(connection: sqlite3.Connection, statement: Executable) -> list[str]:
    """The steps of SQLite's plan."""
    compiled = Compiled(statement, SQLITE, ())
    values = dict.fromkeys(compiled.names, 1)
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", values)]


def both(name: str, paged: Paged) -> Iterator[tuple[str, Executable]]:
    yield f"{name} down", paged.down
    yield f"{name} up", paged.up


ORDERED = [
    *both("home", timelines.HOME),
    *(each for key, paged in timelines.PUBLIC.items() for each in both(f"public {key}", paged)),
    *(each for key, paged in timelines.TAG.items() for each in both(f"tag {key}", paged)),
    *(each for key, paged in timelines.OF_ACCOUNT.items() for each in both(f"account {key}", paged)),
    *both("posts of partners", timelines.PARTNERS),
    ("partner that an author belongs to", partners.COLLECTION),
    ("relay by its actor", relays.BY_ACTOR),
    *both("account and tag", timelines.TAGGED_OF_ACCOUNT),
    *both("notifications", notifications.PAGE),
    *both("latest articles", articles.LATEST),
    *both("latest articles of one", articles.LATEST_OF),
    *both("drafts", articles.DRAFTS),
    *both("followers", follows.FOLLOWERS),
    *both("favourites", likes.LIKED),
    *both("bookmarks", likes.BOOKMARKED),
    *both("followed tags", tags.FOLLOWED),
    *both("the log", acts.PAGE),
    *both("endorsements", endorsements.PAGE),
    ("homes of those who follow a tag", home_entries.FAN_TAGGED),
    ("how one stands to tags", featured_tags.STANDING),
    *both("quoting posts", quotes.QUOTING),
    *both("posts with a link", cards.WITH_LINK),
    ("reaction by URI", reactions.BY_URI),
    ("quotes", quotes.CHAIN),
    ("quote by request", quotes.BY_REQUEST),
    ("quote by authorization", quotes.BY_AUTHORIZATION),
    ("quoters", quotes.QUOTERS),
    ("cards", cards.OF_POSTS),
    ("card by address", cards.BY_URL),
    ("refresh", refreshes.OF_POST),
    ("translation", translations.GET),
    ("thread", posts.THREAD),
    ("unread", notifications.UNREAD),
    ("post", posts.BY_ID),
    ("posts", posts.BY_IDS),
    ("post by URI", posts.BY_URI),
    ("post by address", posts.BY_ADDRESS),
    ("article", articles.BY_SLUG),
    ("account", accounts.BY_ID),
    ("accounts", accounts.BY_IDS),
    ("account by handle", accounts.BY_HANDLE),
    ("account by URI", accounts.BY_URI),
    ("what the viewer did", post_facts.FACTS),
    ("token", tokens.FIND),
    ("session", tokens.FIND_SESSION),
    ("when a delivery is due", deliveries.NEXT),
    ("what of a host waits", inbox.WAITING_OF),
    ("what is left alone", peers.HELD),
]
# These sort, but only the few rows that an index found: one post's files, the articles that are ranked.
SORTED = [
    ("files", media.OF_POSTS),
    ("most helpful of one", articles.HELPFUL_OF),
    ("what many viewers did", post_facts.FACTS_OF_MANY),
    ("reactions", reactions.COUNTS),
    ("reactions of one", reactions.OF_ACCOUNT),
    ("lists that show a post", timelines.LISTS_WITH),
    ("push subscriptions", push_subscriptions.WANTING),
    ("push subscription", push_subscriptions.IN_FORCE),
    ("tokens of streams", tokens.IN_FORCE),
]


@pytest.mark.parametrize(("name", "statement"), ORDERED, ids=[name for name, _ in ORDERED])
def test_hot_reads_use_indexes(name: str, statement: Executable, connection: sqlite3.Connection) -> None:
    steps = plan(connection, statement)
    assert [step for step in steps if step.startswith("SCAN") and not HARMLESS.match(step)] == []
    assert [step for step in steps if "TEMP B-TREE" in step or "AUTOMATIC" in step] == []
    assert [step for step in steps if step.startswith("SEARCH") and "USING" not in step] == []


@pytest.mark.parametrize(("name", "statement"), SORTED, ids=[name for name, _ in SORTED])
def test_sorts_are_of_what_an_index_found(
    name: str, statement: Executable, connection: sqlite3.Connection
) -> None:
    steps = plan(connection, statement)
    assert [step for step in steps if step.startswith("SCAN") and not HARMLESS.match(step)] == []


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("all", "ix_posts_public"),
        ("remote", "ix_posts_remote"),
        ("local", "ix_posts_local"),
        ("local_open", "ix_posts_local"),
    ],
)
def test_public_timelines_read_only_what_they_may_show(
    where: str, index: str, connection: sqlite3.Connection
) -> None:
    assert any(index in step for step in plan(connection, timelines.PUBLIC[where, False].down))


def test_the_blog_reads_articles_only(connection: sqlite3.Connection) -> None:
    for statement in (articles.LATEST.down, articles.HELPFUL):
        assert any("ix_posts_latest_articles" in step for step in plan(connection, statement))
    for statement in (articles.LATEST_OF.down, articles.HELPFUL_OF, articles.DRAFTS.down):
        assert any("ix_posts_articles" in step for step in plan(connection, statement))
