"""What accounts do to posts: likes (the votes that say *helpful*), bookmarks, pins."""

from sqlalchemy import BigInteger, Column, Index, Table, Text, UniqueConstraint

from storage.schema.metadata import key, metadata, owned

likes = Table(
    "likes",
    metadata,
    key(),
    owned("account_id", "accounts.id"),
    owned("post_id", "posts.id"),
    Column("uri", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "post_id"),
    Index("ix_likes_post_id_id", "post_id", "id"),
    Index("ix_likes_account_id_id", "account_id", "id"),
)

# Emoji with which somebody likes a post: whoever reacts likes it, once.
reactions = Table(
    "reactions",
    metadata,
    key(),
    owned("account_id", "accounts.id"),
    owned("post_id", "posts.id"),
    Column("name", Text, nullable=False),  # a character, or the shortcode of a picture
    Column("url", Text, nullable=False),  # the picture; '' for a character
    Column("uri", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account_id", "post_id", "name"),
    Index("ix_reactions_post_id_id", "post_id", "id"),
)

bookmarks = Table(
    "bookmarks",
    metadata,
    key(),
    owned("account_id", "accounts.id"),
    owned("post_id", "posts.id", index=True),
    UniqueConstraint("account_id", "post_id"),
    Index("ix_bookmarks_account_id_id", "account_id", "id"),
)

pins = Table(
    "pins",
    metadata,
    key(),
    owned("account_id", "accounts.id"),
    owned("post_id", "posts.id", index=True),
    UniqueConstraint("account_id", "post_id"),
)

thread_mutes = Table(
    "thread_mutes",
    metadata,
    owned("account_id", "accounts.id", primary_key=True),
    Column("thread_id", BigInteger, primary_key=True, autoincrement=False),
)
