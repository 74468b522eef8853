"""Cards: what is shown of a page that a post links to. One for each address, kept for all posts."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from storage.schema.metadata import key, linked, metadata, owned

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
    Column("language", Text),
    Column("published_at", BigInteger),
    linked("creator_id", "accounts.id", index=True),  # whom the page names (fediverse:creator)
    Column("fetched_at", BigInteger, nullable=False),
)

post_cards = Table(
    "post_cards",
    metadata,
    owned("post_id", "posts.id", primary_key=True),
    owned("card_id", "cards.id"),
    Index("ix_post_cards_card_id_post_id", "card_id", "post_id"),
)
