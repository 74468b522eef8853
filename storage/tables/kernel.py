"""Tables of what everything else builds on."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.tables.metadata import key, metadata, owner_key

settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
    Column("updated_at", BigInteger, nullable=False),
)

tasks = Table(
    "tasks",
    metadata,
    key(),
    Column("kind", Text, nullable=False),
    Column("payload", Text, nullable=False),  # JSON
    Column("dedupe", Text, unique=True),  # one pending task of that name is enough
    Column("run_at", BigInteger, nullable=False),
    Column("leased_until", BigInteger, nullable=False),  # 0: free
    Column("attempts", Integer, nullable=False),
    Column("dead_at", BigInteger),
    Column("error", Text, nullable=False),
    Index("ix_tasks_run_at_id", "run_at", "id"),
)

documents = Table(
    "documents",
    metadata,
    key(),
    Column("uri", Text, nullable=False),  # of the activity
    owner_key("account_id", "accounts.id", index=True),  # whose key signs
    Column("body", LargeBinary, nullable=False),  # rendered once for all inboxes
    Column("digest", Text, nullable=False),  # SHA-256 of the body, base64
    Column("at", BigInteger, nullable=False),
    Column("synchronizes", Boolean, nullable=False),  # tells which followers its receivers have (FEP-8fcf)
)

deliveries = Table(
    "deliveries",
    metadata,
    key(),
    owner_key("document_id", "documents.id"),
    Column("host", Text, nullable=False),
    Column("inbox_uri", Text, nullable=False),
    Column("lane", Text, nullable=False),  # host and sender: they are sent in order within a lane
    Column("run_at", BigInteger, nullable=False),
    Column("leased_until", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("dead_at", BigInteger),
    Column("error", Text, nullable=False),  # of the last attempt; empty before the first one ended
    # What the activity is about: one that failed holds back only later ones of its lane and subject.
    Column("subject", Text, nullable=False, server_default=""),
    UniqueConstraint("document_id", "inbox_uri"),
    Index("ix_deliveries_run_at_id", "run_at", "id"),
    Index("ix_deliveries_lane_subject_id", "lane", "subject", "id"),
    Index(
        "ix_deliveries_untried",
        "lane",
        "id",
        sqlite_where=text("error = '' AND dead_at IS NULL"),
        postgresql_where=text("error = '' AND dead_at IS NULL"),
    ),
    Index("ix_deliveries_host_id", "host", "id"),
)

inbox_items = Table(
    "inbox_items",
    metadata,
    key(),
    Column("actor_uri", Text, nullable=False),
    Column("activity_uri", Text, nullable=False),  # with its digest and time, as ids are used again
    Column("signer_uri", Text, nullable=False),  # whose key was checked
    Column("host", Text, nullable=False),  # and where it lies: what a host says is carried out in order
    Column("target_id", BigInteger),  # whose inbox, empty for the shared one
    Column("body", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("run_at", BigInteger, nullable=False),
    Column("leased_until", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("dead_at", BigInteger),
    Column("error", Text, nullable=False),
    UniqueConstraint("actor_uri", "activity_uri"),
    Index("ix_inbox_items_run_at_id", "run_at", "id"),
    Index("ix_inbox_items_host_id", "host", "id"),
)

seen_activities = Table(
    "seen_activities",
    metadata,
    Column("actor_uri", Text, primary_key=True),
    Column("activity_uri", Text, primary_key=True),  # with the digest of what it says
    Column(
        "at", BigInteger, nullable=False, index=True
    ),  # when it was signed; kept longer than signatures count
)
