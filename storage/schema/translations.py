"""Translations that a server made of posts, so that it is asked once for each text and language."""

from sqlalchemy import BigInteger, Column, Table, Text

from storage.schema.metadata import metadata, owned

translations = Table(
    "translations",
    metadata,
    owned("post_id", "posts.id", primary_key=True),
    Column("language", Text, primary_key=True),  # into which
    Column("digest", Text, nullable=False),  # SHA-256 of what was translated: an edit asks anew
    Column("texts", Text, nullable=False),  # JSON, see domain.translations.Translated
    Column("translated_at", BigInteger, nullable=False, index=True),
)
