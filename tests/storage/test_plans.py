"""Hot reads find their rows by an index, in order: no scan of a table that grows, no sort of one."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.sql.base import Executable

from storage.compiled import SQLITE, CompiledStatement
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import endorsements as endorsement_queries
from storage.queries.accounts import featured_tags as featured_tag_queries
from storage.queries.audit_log import audit_log as audit_log_queries
from storage.queries.auth import tokens as token_queries
from storage.queries.content import media as media_queries
from storage.queries.content import tags as tag_queries
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.kernel import inbox as inbox_queries
from storage.queries.notifications import notifications as notification_queries
from storage.queries.notifications import push_subscriptions as push_subscription_queries
from storage.queries.peers import partners as partner_queries
from storage.queries.peers import peers as peer_queries
from storage.queries.peers import relays as relay_queries
from storage.queries.posts import articles as article_queries
from storage.queries.posts import likes as like_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.queries.posts import reactions as reaction_queries
from storage.queries.posts import refreshes as refresh_queries
from storage.queries.relationships import follows as follow_queries
from storage.queries.timelines import cards as card_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.queries.timelines import post_facts as post_fact_queries
from storage.queries.timelines import timelines as timeline_queries
from storage.queries.timelines import translations as translation_queries
from storage.statements import PagedStatement
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
    """Return the steps of SQLite's plan."""
    compiled = CompiledStatement(statement, SQLITE, ())
    values = dict.fromkeys(compiled.param_names, 1)
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", values)]


def both(name: str, paged: PagedStatement) -> Iterator[tuple[str, Executable]]:
    yield f"{name} down", paged.down
    yield f"{name} up", paged.up


ORDERED = [
    *both("home", timeline_queries.LIST_HOME),
    *(each for key, paged in timeline_queries.LIST_PUBLIC.items() for each in both(f"public {key}", paged)),
    *(each for key, paged in timeline_queries.LIST_BY_TAG.items() for each in both(f"tag {key}", paged)),
    *(
        each
        for key, paged in timeline_queries.LIST_BY_ACCOUNT.items()
        for each in both(f"account {key}", paged)
    ),
    *both("posts of partners", timeline_queries.LIST_BY_DOMAINS),
    ("partner that an author belongs to", partner_queries.FIND_COLLECTION),
    ("relay by its actor", relay_queries.IS_ENABLED),
    *(
        each
        for key, paged in timeline_queries.LIST_BY_ACCOUNT_AND_TAG.items()
        for each in both(f"account and tag {key}", paged)
    ),
    *both("notifications", notification_queries.LIST_BY_ACCOUNT),
    *both("latest articles", article_queries.LIST_LATEST),
    *both("latest articles of one", article_queries.LIST_LATEST_BY_ACCOUNT),
    *both("drafts", article_queries.LIST_DRAFTS),
    *both("followers", follow_queries.LIST_FOLLOWERS),
    *both("favourites", like_queries.LIST_LIKED_POSTS),
    *both("bookmarks", like_queries.LIST_BOOKMARKED_POSTS),
    *both("followed tags", tag_queries.LIST_FOLLOWED),
    *both("the log", audit_log_queries.LIST_PAGE),
    *both("endorsements", endorsement_queries.LIST_BY_ACCOUNT),
    ("homes of those who follow a tag", home_entry_queries.FAN_OUT_TAGGED),
    ("how one stands to tags", featured_tag_queries.LOAD_VIEWER_FACTS),
    *both("quoting posts", quote_queries.LIST_QUOTING_POSTS),
    *both("posts with a link", card_queries.LIST_POST_IDS),
    ("reaction by URI", reaction_queries.FIND_BY_URI),
    ("quotes", quote_queries.LOAD_CHAIN),
    ("quote by request", quote_queries.FIND_BY_REQUEST),
    ("quote by authorization", quote_queries.FIND_BY_AUTHORIZATION),
    ("quoters", quote_queries.LIST_QUOTERS),
    ("cards", card_queries.LOAD_BY_POSTS),
    ("card by address", card_queries.FIND_BY_URL),
    ("refresh", refresh_queries.FIND_BY_POST),
    ("translation", translation_queries.FIND_TEXTS),
    ("thread", post_queries.LIST_THREAD),
    ("unread", notification_queries.COUNT_UNREAD),
    ("post", post_queries.FIND),
    ("posts", post_queries.LOAD_BY_IDS),
    ("post by URI", post_queries.FIND_BY_URI),
    ("post by address", post_queries.FIND_BY_URI_OR_URL),
    ("article", article_queries.FIND_BY_SLUG),
    ("account", account_queries.FIND),
    ("accounts", account_queries.LOAD_BY_IDS),
    ("account by handle", account_queries.FIND_BY_HANDLE),
    ("account by URI", account_queries.FIND_BY_URI),
    ("what the viewer did", post_fact_queries.LOAD_FOR_VIEWER),
    ("token", token_queries.FIND_ACTIVE),
    ("session", token_queries.FIND_SESSION),
    ("when a delivery is due", delivery_queries.FIND_NEXT_DUE),
    ("what of a host waits", inbox_queries.COUNT_PENDING_BY_HOST),
    ("what is left alone", peer_queries.LOAD_RETRY_TIMES),
]
# These sort, but only the few rows that an index found: one post's files, the articles that are ranked.
SORTED = [
    ("files", media_queries.LOAD_BY_POSTS),
    ("most helpful of one", article_queries.LIST_HELPFUL_BY_ACCOUNT),
    ("what many viewers did", post_fact_queries.LOAD_FOR_VIEWERS),
    ("reactions", reaction_queries.COUNT_BY_POSTS),
    ("reactions of one", reaction_queries.LIST_BY_ACCOUNT),
    ("lists that show a post", timeline_queries.LIST_LISTS_WITH_POST),
    ("push subscriptions", push_subscription_queries.LIST_IDS_FOR_NOTIFICATION),
    ("push subscription", push_subscription_queries.FIND_ACTIVE),
    ("tokens of streams", token_queries.LOAD_ACTIVE),
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
    assert any(index in step for step in plan(connection, timeline_queries.LIST_PUBLIC[where, False].down))


def test_the_blog_reads_articles_only(connection: sqlite3.Connection) -> None:
    for statement in (article_queries.LIST_LATEST.down, article_queries.LIST_HELPFUL):
        assert any("ix_posts_latest_articles" in step for step in plan(connection, statement))
    for statement in (
        article_queries.LIST_LATEST_BY_ACCOUNT.down,
        article_queries.LIST_HELPFUL_BY_ACCOUNT,
    ):
        assert any("ix_posts_articles" in step for step in plan(connection, statement))
    assert any("ix_posts_drafts" in step for step in plan(connection, article_queries.LIST_DRAFTS.down))
