"""Archives of all that a member made, to take along: their files lie where no address leads."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from storage.schema.metadata import key, metadata, owned

archives = Table(
    "archives",
    metadata,
    key(),
    owned("account_id", "accounts.id"),
    Column("name", Text, nullable=False),  # of the file; '' until it is made, and if that failed
    Column("bytes", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # when it was asked for
    Column("finished_at", BigInteger),
    Index("ix_archives_account_id_id", "account_id", "id"),
)
