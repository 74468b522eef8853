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

# A log: triggers refuse every DELETE, and every UPDATE but one that empties what is private.
acts = Table(
    "acts",
    metadata,
    key(),
    Column("seq", BigInteger, nullable=False),  # 1, 2, 3 … in the order of the chain
    Column("verb", Text, nullable=False),
    Column("role", Text, nullable=False),  # moderator, admin, owner, member, operator, node; '' unknown
    Column("rule", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("undoes_id", BigInteger),
    Column("subject_kind", Text, nullable=False),  # what everybody may know of the target
    Column("subject_name", Text, nullable=False),
    Column("by_seal", Text, nullable=False),  # salted SHA-256, hex, of each private part
    Column("target_seal", Text, nullable=False),
    Column("reason_seal", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("actor_member_id", BigInteger),  # empty: the command line, the node itself, or dropped
    Column("by_salt", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("target_salt", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reason_salt", Text, nullable=False),
    Column("shows_reason", Boolean, nullable=False),  # everybody may read it
    Index("ix_acts_target", "target"),
    Index("ix_acts_actor_member_id", "actor_member_id"),
    Index("uq_acts_seq", "seq", unique=True),
    Index("uq_acts_previous_hash", "previous_hash", unique=True),
)

# One row, which every writer of an act has to change: that is why the chain cannot fork.
act_heads = Table(
    "act_heads",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
    Column("updated_at", BigInteger, nullable=False),
)
