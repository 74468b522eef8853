"""Tables of reading: who may see what, views of posts, timelines, search."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from storage.tables.metadata import key, metadata, optional_key, owner_key

bookmarks = Table(
    "bookmarks",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    owner_key("post_id", "posts.id", index=True),
    UniqueConstraint("account_id", "post_id"),
    Index("ix_bookmarks_account_id_id", "account_id", "id"),
)

# Hashtags keep what was decided about them in their own rows (`tags.trendable`).
trend_reviews = Table(
    "trend_reviews",
    metadata,
    key(),
    Column("kind", Text, nullable=False),  # post, link, publisher
    Column("subject", Text, nullable=False),  # the post's URI, the link's address, the publisher's host
    Column("approved", Boolean, nullable=False),
    Column("reviewed_at", BigInteger, nullable=False),
    optional_key("reviewed_by_id", "members.id"),
    UniqueConstraint("kind", "subject"),
)

# What is shown of a page that a post links to: one for each address, kept for all posts.
cards = Table(
    "cards",
    metadata,
    key(),
    Column("url", Text, nullable=False, unique=True),  # as posts write it
    Column("kind", Text, nullable=False),  # link, photo, video; '' where there was nothing to show
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("author_url", Text, nullable=False),
    Column("provider_name", Text, nullable=False),
    Column("provider_url", Text, nullable=False),
    Column("html", Text, nullable=False),  # made here from an address; never what a page wrote
    Column("embed_url", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("image_url", Text, nullable=False),
    Column("image_alt", Text, nullable=False),
    Column("blurhash", Text),  # of the picture, once it was fetched
    Column("language", Text),
    Column("published_at", BigInteger),
    optional_key("creator_id", "accounts.id", index=True),  # whom the page names (fediverse:creator)
    Column("fetched_at", BigInteger, nullable=False),
)

post_cards = Table(
    "post_cards",
    metadata,
    owner_key("post_id", "posts.id", primary_key=True),
    owner_key("card_id", "cards.id"),
    Index("ix_post_cards_card_id_post_id", "card_id", "post_id"),
)

# Translations, cached so that the translation server is asked once for each text and language.
translations = Table(
    "translations",
    metadata,
    owner_key("post_id", "posts.id", primary_key=True),
    Column("language", Text, primary_key=True),  # into which
    Column(
        "digest", Text, nullable=False
    ),  # SHA-256 of what was translated: an edit makes the translation stale
    Column("texts", Text, nullable=False),  # JSON, see fedserver.domain.timelines.translations
    Column("translated_at", BigInteger, nullable=False, index=True),
)

home_entries = Table(
    "home_entries",
    metadata,
    owner_key("account_id", "accounts.id", primary_key=True),
    owner_key("post_id", "posts.id", primary_key=True, index=True),
    Column("author_id", BigInteger, nullable=False),  # who brought it here: the author or the booster
    Index("ix_home_entries_account_id_author_id", "account_id", "author_id"),
    sqlite_with_rowid=False,
)

markers = Table(
    "markers",
    metadata,
    owner_key("account_id", "accounts.id", primary_key=True),
    Column("timeline", Text, primary_key=True),  # home, notifications; catch_up, of pages, holds a time
    Column("last_read_id", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

filters = Table(
    "filters",
    metadata,
    key(),
    owner_key("account_id", "accounts.id", index=True),
    Column("title", Text, nullable=False),
    Column("contexts", Text, nullable=False),  # JSON [home, notifications, public, thread, account]
    Column("action", Text, nullable=False),  # warn, hide, blur
    Column("expires_at", BigInteger),
)

filter_keywords = Table(
    "filter_keywords",
    metadata,
    key(),
    owner_key("filter_id", "filters.id", index=True),
    Column("keyword", Text, nullable=False),
    Column("whole_word", Boolean, nullable=False),
)

filter_posts = Table(
    "filter_posts",
    metadata,
    key(),
    owner_key("filter_id", "filters.id", index=True),
    owner_key("post_id", "posts.id", index=True),
)

# What is trending now, recomputed every few minutes.
trends = Table(
    "trends",
    metadata,
    Column("kind", Text, primary_key=True),  # tag, post; link, once there are preview cards
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),  # in the table of its kind
    Column("score", Float, nullable=False),
    Column("accounts", Integer, nullable=False),  # how many made it so
    Column("computed_at", BigInteger, nullable=False),
    Index("ix_trends_kind_score", "kind", "score"),
)
