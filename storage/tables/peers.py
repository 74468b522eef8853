"""Tables of other nodes: decisions, lists, partners, relays, severances."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
)

from storage.tables.metadata import key, metadata, optional_key, owner_key

# Follows that a member lost because moderators suspended an account or a peer.
severances = Table(
    "severances",
    metadata,
    key(),
    owner_key("account_id", "accounts.id", index=True),  # who lost them
    Column("kind", Text, nullable=False),  # domain_block, account_suspension
    Column("target_name", Text, nullable=False),  # the domain, or the handle
    Column("followers_count", Integer, nullable=False),
    Column("following_count", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

partners = Table(
    "partners",
    metadata,
    key(),
    Column("domain", Text, nullable=False, unique=True),
    owner_key("account_id", "accounts.id", index=True),  # the other node's own actor
    Column("state", Text, nullable=False),  # offered, agreed, declined, ended
    Column("ours", Boolean, nullable=False),  # we made the offer
    Column("offer_uri", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),  # JSON [posts, directory, local]
    Column("message", Text, nullable=False),
    Column("offered_at", BigInteger, nullable=False),
    Column("agreed_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("ended_by", Text, nullable=False),  # '', us, them
    optional_key("decided_by_id", "members.id"),
    Index("ix_partners_state", "state"),
)

peer_lists = Table(
    "peer_lists",
    metadata,
    key(),
    Column("url", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),  # block, allow
    Column("applies_itself", Boolean, nullable=False),
    Column("most_changes", Integer, nullable=False),  # at once, that are applied automatically
    Column("etag", Text, nullable=False),
    Column("fetch_at", BigInteger, nullable=False, index=True),  # the next time
    Column("fetched_at", BigInteger),
    Column("error", Text, nullable=False),  # why it could not be read the last time
    Column("waiting", Text, nullable=False),  # JSON [entry] that an admin has to confirm; empty: nothing
    Column("unusable", Integer, nullable=False),  # rows that name no host
    Column("applied_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    optional_key("created_by_id", "members.id"),
)

peer_list_entries = Table(
    "peer_list_entries",
    metadata,
    owner_key("list_id", "peer_lists.id", primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("policy", Text, nullable=False),
    Column("rejects_media", Boolean, nullable=False),
    Column("rejects_reports", Boolean, nullable=False),
    Column("public_comment", Text, nullable=False),
    Column("obfuscates", Boolean, nullable=False),
    Column("declined", Boolean, nullable=False),  # an admin left it out
    Index("ix_peer_list_entries_domain", "domain"),
)

peers = Table(
    "peers",
    metadata,
    Column("domain", Text, primary_key=True),  # normalised host
    Column("policy", Text, nullable=False),  # '', allow, limit, block
    Column("rejects_media", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", BigInteger),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("scheme", Text, nullable=False),  # the signature scheme it accepted last: '', cavage, rfc9421
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
    optional_key(
        "list_id", "peer_lists.id", index=True
    ),  # where the decision comes from, unless it was changed by hand
    Index("uq_peers_decision_id", "decision_id", unique=True),
)

relays = Table(
    "relays",
    metadata,
    key(),
    Column("inbox_uri", Text, nullable=False, unique=True),
    Column(
        "target_uri", Text, nullable=False
    ),  # the actor that we follow; empty: the public collection, as in Mastodon
    Column("actor_uri", Text, nullable=False, index=True),  # the actor that answered; empty until then
    Column("state", Text, nullable=False),  # pending, accepted, rejected, off
    Column("follow_uri", Text, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    optional_key("decided_by_id", "members.id"),
)
