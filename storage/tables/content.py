"""Tables of texts, tags, emoji and media."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from storage.tables.metadata import key, metadata, optional_key, owner_key

media = Table(
    "media",
    metadata,
    key(),
    owner_key("account_id", "accounts.id", index=True),
    optional_key("post_id", "posts.id", index=True),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # image, gifv, video, audio, unknown
    Column("content_type", Text, nullable=False),
    Column("file_key", Text, nullable=False),  # '' if only the peer has it
    Column("preview_key", Text, nullable=False),
    Column("remote_url", Text, nullable=False),  # '' for ours
    Column("description", Text, nullable=False),
    Column("blurhash", Text),
    Column("focus_x", Float, nullable=False),
    Column("focus_y", Float, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("preview_width", Integer),
    Column("preview_height", Integer),
    Column("bytes", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # or when it was detached from a post
    Column("state", Text, nullable=False),  # ready, processing (file_key is the upload), failed
    Column("problem", Text, nullable=False),  # why it failed
    Column("duration", Float),  # seconds
    Column("frame_rate", Text),  # 25/1
    Column("bitrate", Integer),  # bits a second
)

# What a member has written in a form and not sent yet, one of each form; the files in it are kept with it.
autosaves = Table(
    "autosaves",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    Column("slot", Text, nullable=False),  # note, reply:ID, edit:ID, article, article:ID, scheduled:ID
    Column("fields", Text, nullable=False),  # JSON: the fields of the form
    Column("saved_at", BigInteger, nullable=False, index=True),
    UniqueConstraint("account_id", "slot"),
)

autosave_media = Table(
    "autosave_media",
    metadata,
    owner_key("autosave_id", "autosaves.id", primary_key=True),
    owner_key("media_id", "media.id", primary_key=True, index=True),
)

# Cache of files of peers; entries may be evicted at any time.
remote_files = Table(
    "remote_files",
    metadata,
    Column(
        "subject_id", BigInteger, primary_key=True, autoincrement=False
    ),  # id of the media, account, card or emoji
    Column("shape", Text, primary_key=True),  # file, avatar, header, card, emoji
    Column("url", Text, nullable=False),
    Column("file_key", Text, nullable=False),
    Column("preview_key", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False, index=True),  # to the hour
)

emojis = Table(
    "emojis",
    metadata,
    key(),
    Column("shortcode", Text, nullable=False, unique=True),
    Column("category", Text),
    Column("file_key", Text, nullable=False),
    Column("static_key", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False, server_default=false()),
)

tags = Table(
    "tags",
    metadata,
    key(),
    Column("name", Text, nullable=False, unique=True),  # folded
    Column("display", Text, nullable=False),  # as first written
    # Decisions of moderators; NULL: not reviewed, the tag is usable and listed.
    Column("usable", Boolean),
    Column("trendable", Boolean),
    Column("listable", Boolean),
    Column("reviewed_at", BigInteger),
)

post_tags = Table(
    "post_tags",
    metadata,
    owner_key("tag_id", "tags.id", primary_key=True),
    owner_key("post_id", "posts.id", primary_key=True, index=True),
)

# The index of full-text search (`storage/search.py`): a tsvector on PostgreSQL, a virtual table of FTS5 on
# SQLite. This is what both have in common; it stands outside the metadata that migrations are compared with.
# An entry goes when its post goes: by its reference on PostgreSQL, by a trigger on SQLite.
post_words = Table(
    "post_words",
    MetaData(),
    Column("rowid", BigInteger, primary_key=True, autoincrement=False),  # the id of the post
    Column("words", Text, nullable=False),
)
