"""Tables of writing: posts, edits, polls, quotes, likes and boosts."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.tables.metadata import key, metadata, optional_key, owner_key

likes = Table(
    "likes",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    owner_key("post_id", "posts.id"),
    Column("uri", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "post_id"),
    Index("ix_likes_post_id_id", "post_id", "id"),
    Index("ix_likes_account_id_id", "account_id", "id"),
)

# Emoji reactions: an account that reacts to a post also likes it, once.
reactions = Table(
    "reactions",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    owner_key("post_id", "posts.id"),
    Column("name", Text, nullable=False),  # a character, or the shortcode of a picture
    Column("url", Text, nullable=False),  # the picture; '' for a character
    Column("uri", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "post_id", "name"),
    Index("ix_reactions_post_id_id", "post_id", "id"),
)

pins = Table(
    "pins",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    owner_key("post_id", "posts.id", index=True),
    UniqueConstraint("account_id", "post_id"),
)

polls = Table(
    "polls",
    metadata,
    owner_key("post_id", "posts.id", primary_key=True),
    Column("multiple", Boolean, nullable=False),
    Column("hide_totals", Boolean, nullable=False),  # until it ends
    Column("expires_at", BigInteger),
    Column("closed_at", BigInteger),  # its end was noticed and told
    Column("voters_count", Integer),  # empty: its peer does not say
    Column("read_at", BigInteger),  # of a peer's poll: when its figures were read last
)

poll_options = Table(
    "poll_options",
    metadata,
    key(),
    owner_key("post_id", "polls.post_id"),
    Column("position", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("name", Text, nullable=False),  # as its peer spells it: what a vote must say
    Column("votes_count", Integer, nullable=False),
    UniqueConstraint("post_id", "position"),
)

poll_votes = Table(
    "poll_votes",
    metadata,
    key(),
    owner_key("post_id", "polls.post_id"),
    owner_key("option_id", "poll_options.id", index=True),
    owner_key("account_id", "accounts.id", index=True),
    # The option's position, or 0 where there is a single choice: so the database itself allows no second one.
    Column("slot", Integer, nullable=False),
    Column("uri", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("post_id", "account_id", "slot"),
)

# SQLite takes a partial index only if the statement says its condition in the same words: `local = 1`.
SHOWN = "(visibility = 'public' OR visibility = 'partners') AND state = 'published' AND boost_of_id IS NULL"

posts = Table(
    "posts",
    metadata,
    key(),
    Column("uri", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    owner_key("account_id", "accounts.id"),
    Column("local", Boolean, nullable=False),
    Column("kind", Text, nullable=False),  # Note, Article, Question, Image, …, Announce
    Column("state", Text, nullable=False),  # published, draft
    Column("visibility", Text, nullable=False),  # public, unlisted, followers, direct, local, partners
    Column("title", Text, nullable=False),  # articles; '' else
    Column("slug", Text),  # our articles: the last part of the address, unique for an author
    Column("summary", Text, nullable=False),  # content warning of a note, teaser of an article; plain text
    Column("sensitive", Boolean, nullable=False),
    Column("language", Text),
    Column("source", Text, nullable=False),
    Column("source_type", Text, nullable=False),  # text/plain, text/markdown, text/html
    Column("html", Text, nullable=False),  # rendered and sanitized
    Column("cover_id", BigInteger),  # media
    Column("mentions", Text, nullable=False),  # JSON [{id, username, acct, url, uri}]
    Column("tags", Text, nullable=False),  # JSON [name]
    Column("emojis", Text, nullable=False),  # JSON [{shortcode, url, static_url}]
    optional_key("in_reply_to_id", "posts.id", index=True),
    Column("in_reply_to_account_id", BigInteger),
    Column("in_reply_to_uri", Text),  # what it answers, also while we do not have it
    Column("thread_id", BigInteger, nullable=False),  # the id of the thread's first post that we know
    Column("context_uri", Text, nullable=False),
    Column("boost_of_id", BigInteger),
    Column("app_id", BigInteger),
    Column("published_at", BigInteger, nullable=False),
    Column("edited_at", BigInteger),
    Column("replies_count", Integer, nullable=False),
    Column("boosts_count", Integer, nullable=False),
    Column("likes_count", Integer, nullable=False),
    Column("quotes_count", Integer, nullable=False, server_default="0"),
    # JSON, see domain.quote_policies.Policy; '' where its author said nothing
    Column("interaction_policy", Text, nullable=False, server_default=""),
    Column("license", Text, nullable=False, server_default=""),  # of an article: its SPDX name, '' for none
    Column("version", Integer, nullable=False, onupdate=text("version + 1")),  # grows with every UPDATE
    Index("ix_posts_account_id_id", "account_id", "id"),
    Index("ix_posts_url", "url"),
    Index("ix_posts_thread_id_id", "thread_id", "id"),
    Index("ix_posts_boost_of_id", "boost_of_id", sqlite_where=text("boost_of_id IS NOT NULL")),
    Index(
        "uq_posts_boost",
        "account_id",
        "boost_of_id",
        unique=True,
        sqlite_where=text("boost_of_id IS NOT NULL"),
        postgresql_where=text("boost_of_id IS NOT NULL"),
    ),
    Index(
        "uq_posts_slug",
        "account_id",
        "slug",
        unique=True,
        sqlite_where=text("slug IS NOT NULL"),
        postgresql_where=text("slug IS NOT NULL"),
    ),
    Index(
        "ix_posts_public",
        "id",
        sqlite_where=text("visibility = 'public' AND state = 'published' AND boost_of_id IS NULL"),
        postgresql_where=text("visibility = 'public' AND state = 'published' AND boost_of_id IS NULL"),
    ),
    Index(
        "ix_posts_local",
        "id",
        sqlite_where=text("local = 1 AND state = 'published' AND boost_of_id IS NULL"),
        postgresql_where=text("local AND state = 'published' AND boost_of_id IS NULL"),
    ),
    Index(
        "ix_posts_remote",
        "id",
        sqlite_where=text(f"local = 0 AND {SHOWN}"),
        postgresql_where=text(f"NOT local AND {SHOWN}"),
    ),
    Index(
        "ix_posts_articles",
        "account_id",
        "id",
        sqlite_where=text("kind = 'Article'"),
        postgresql_where=text("kind = 'Article'"),
    ),
    Index(
        "ix_posts_drafts",
        "account_id",
        "id",
        sqlite_where=text("state = 'draft'"),
        postgresql_where=text("state = 'draft'"),
    ),
    Index(
        "ix_posts_latest_articles",
        "id",
        sqlite_where=text("kind = 'Article' AND state = 'published' AND local = 1"),
        postgresql_where=text("kind = 'Article' AND state = 'published' AND local"),
    ),
    Index(
        "ix_posts_in_reply_to_uri",
        "in_reply_to_uri",
        sqlite_where=text("in_reply_to_uri IS NOT NULL"),
        postgresql_where=text("in_reply_to_uri IS NOT NULL"),
    ),
)

edits = Table(
    "edits",
    metadata,
    key(),
    owner_key("post_id", "posts.id", index=True),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("media", Text, nullable=False),  # JSON: the attachments as they were
    Column("emojis", Text, nullable=False),
    Column("poll", Text),  # JSON [title] of its options, empty without a poll
    Column("at", BigInteger, nullable=False),
)

mentions = Table(
    "mentions",
    metadata,
    owner_key("post_id", "posts.id", primary_key=True),
    owner_key("account_id", "accounts.id", primary_key=True, index=True),
)

originals = Table(
    "originals",
    metadata,
    Column("uri", Text, primary_key=True),
    Column("document", Text, nullable=False),  # the JSON as the peer sent it
    Column("at", BigInteger, nullable=False),
)

# Members whom the author of an article named; shown when they agreed.
coauthors = Table(
    "coauthors",
    metadata,
    key(),
    owner_key("post_id", "posts.id"),
    owner_key("account_id", "accounts.id", index=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("accepted_at", BigInteger),
    UniqueConstraint("post_id", "account_id"),
)

uri_aliases = Table(
    "uri_aliases",
    metadata,
    Column("uri", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # post, account
    Column("target_id", BigInteger, nullable=False, index=True),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("uri", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # the type it had
    Column("account_uri", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    owner_key("account_id", "accounts.id", primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    owner_key("post_id", "posts.id", index=True),
    Column("at", BigInteger, nullable=False),
)

# Tables that a comparison with the schema leaves out: the index and what FTS5 keeps it in.
APART = frozenset(
    f"post_words{ending}" for ending in ("", "_data", "_idx", "_content", "_docsize", "_config")
)

# Posts that are to appear later, and the files that wait for them.
scheduled_posts = Table(
    "scheduled_posts",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    Column("publish_at", BigInteger, nullable=False),
    Column("draft", Text, nullable=False),  # JSON: what was written
    Column("idempotency_key", Text),
    Column("failed_at", BigInteger),  # it could not be published
    Column("error", Text, nullable=False),
    UniqueConstraint("account_id", "idempotency_key"),
    Index("ix_scheduled_posts_account_id_id", "account_id", "id"),
)

scheduled_media = Table(
    "scheduled_media",
    metadata,
    owner_key("media_id", "media.id", primary_key=True),
    owner_key("scheduled_id", "scheduled_posts.id", index=True),
)

# Posts that show another, and whether its author agreed.
quotes = Table(
    "quotes",
    metadata,
    owner_key("post_id", "posts.id", primary_key=True),  # the post that quotes
    owner_key("account_id", "accounts.id", index=True),  # its author
    optional_key("quoted_id", "posts.id"),  # empty while it is not known, and when it is gone
    Column("quoted_account_id", BigInteger),
    Column("quoted_uri", Text, nullable=False),
    Column("quoted_url", Text, nullable=False),  # the page that people are sent to
    Column("state", Text, nullable=False),  # pending, accepted, rejected, revoked, deleted
    Column("legacy", Boolean, nullable=False),  # of software that asks for no consent
    Column("request_uri", Text, index=True),  # of the QuoteRequest
    Column("authorization_uri", Text, index=True),  # where the author's consent can be read
    Column("created_at", BigInteger, nullable=False),
    Index("ix_quotes_quoted_id_post_id", "quoted_id", "post_id"),
)

# Threads of peers that are fetched again because a member opened them.
refreshes = Table(
    "refreshes",
    metadata,
    key(),
    owner_key("post_id", "posts.id"),
    Column("state", Text, nullable=False),  # running, finished
    Column("found", Integer, nullable=False),  # posts that were not here before
    Column("started_at", BigInteger, nullable=False),
    UniqueConstraint("post_id"),
)
