"""Tables of the settings that admins change, and of the legal texts."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text, UniqueConstraint

from storage.tables.metadata import key, metadata

node_settings = Table(
    "node_settings",
    metadata,
    Column("name", Text, primary_key=True),  # as in the configuration, like community.title
    Column("value", Text),  # JSON; NULL: the default
    Column("updated_at", BigInteger, nullable=False),
)

# One row that grows with every change: so a process learns of changes by others from one number.
settings_heads = Table(
    "settings_heads",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
)

legal_texts = Table(
    "legal_texts",
    metadata,
    key(),
    Column("kind", Text, nullable=False),  # privacy, terms, imprint, accessibility
    Column("effective_from", Text, nullable=False),  # of terms: a day, like 2026-01-31; else empty
    Column("source", Text, nullable=False),  # Markdown
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("kind", "effective_from"),
)
