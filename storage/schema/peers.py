"""Peers: other nodes, what we decided about them, and whether they answer."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from storage.schema.metadata import key, linked, metadata

peers = Table(
    "peers",
    metadata,
    Column("domain", Text, primary_key=True),  # normalised host
    Column("policy", Text, nullable=False),  # '', allow, limit, block
    Column("rejects_media", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", BigInteger),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("scheme", Text, nullable=False),  # the signature it took last: '', cavage, rfc9421
    Column("failures", Integer, nullable=False),  # in a row
    Column("failing_since_at", BigInteger),
    Column("retry_at", BigInteger),  # the circuit is open until then
    Column("delivered_at", BigInteger),
    Column("software", Text, nullable=False),
    # The decision as clients know it (Admin::DomainBlock, Admin::DomainAllow); empty without one.
    Column("decision_id", BigInteger),
    Column("rejects_reports", Boolean, nullable=False),
    Column("public_comment", Text, nullable=False),
    Column("obfuscates", Boolean, nullable=False),  # the name is shown to the public in part only
    linked("list_id", "peer_lists.id", index=True),  # the list that brought it, if nobody changed it since
    Index("uq_peers_decision_id", "decision_id", unique=True),
)

acts = Table(
    "acts",
    metadata,
    key(),
    Column("actor_member_id", BigInteger),  # empty: the command line
    Column("verb", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("undoes_id", BigInteger),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("ix_acts_target", "target"),
)

settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
    Column("updated_at", BigInteger, nullable=False),
)
