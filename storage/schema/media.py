"""Media: files attached to posts. Ours lie in the store under a key; theirs stay at a URL."""

from sqlalchemy import BigInteger, Column, Float, Integer, Table, Text

from storage.schema.metadata import key, linked, metadata, owned

media = Table(
    "media",
    metadata,
    key(),
    owned("account_id", "accounts.id", index=True),
    linked("post_id", "posts.id", index=True),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # image, gifv, video, audio, unknown
    Column("content_type", Text, nullable=False),
    Column("file_key", Text, nullable=False),  # '' while it lies at a peer
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
    Column("created_at", BigInteger, nullable=False),  # or when a post freed it
    Column("state", Text, nullable=False),  # ready, processing (file_key is what came), failed
    Column("problem", Text, nullable=False),  # why it failed
    Column("duration", Float),  # seconds
    Column("frame_rate", Text),  # 25/1
    Column("bitrate", Integer),  # bits a second
)

# What was fetched from peers, and may be thrown away at any time.
remote_files = Table(
    "remote_files",
    metadata,
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),  # of media, accounts or cards
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
)
