"""Tables of archives and imports."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from storage.tables.metadata import key, metadata, owner_key

archives = Table(
    "archives",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    Column("name", Text, nullable=False),  # of the file; '' until it is finished, and if that failed
    Column("bytes", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),  # when it was requested
    Column("finished_at", BigInteger),
    Index("ix_archives_account_id_id", "account_id", "id"),
)

imports = Table(
    "imports",
    metadata,
    key(),
    owner_key("account_id", "accounts.id"),
    Column("kind", Text, nullable=False),  # following, blocking, muting, domain_blocking, bookmarks, lists
    Column("overwrites", Boolean, nullable=False),  # what the file does not name is removed
    Column("filename", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Index("ix_imports_account_id_id", "account_id", "id"),
)

# A processed line is deleted; the others wait, or have failed.
import_lines = Table(
    "import_lines",
    metadata,
    key(),
    owner_key("import_id", "imports.id"),
    Column("number", Integer, nullable=False),
    Column("cells", Text, nullable=False),  # JSON [text]
    Column("address", Text, nullable=False),  # of the subject, in the form in which it is compared
    Column("problem", Text, nullable=False),
    Index("ix_import_lines_import_id_id", "import_id", "id"),
    Index("ix_import_lines_import_id_address", "import_id", "address"),
)
