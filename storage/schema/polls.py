"""Polls: what a Question of ours or of a peer offers, and who chose what.

A poll belongs to its post and has no id of its own. Of a peer's poll only the votes of our members are rows;
its figures are what the peer says.
"""

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, UniqueConstraint

from storage.schema.metadata import key, metadata, owned

polls = Table(
    "polls",
    metadata,
    owned("post_id", "posts.id", primary_key=True),
    Column("multiple", Boolean, nullable=False),
    Column("hide_totals", Boolean, nullable=False),  # until it ends
    Column("expires_at", BigInteger),
    Column("closed_at", BigInteger),  # its end was noticed and told
    Column("voters_count", Integer),  # empty: its peer does not say
    Column("read_at", BigInteger),  # of a peer's poll: when its figures were read last
)

poll_options = Table(
    "poll_options",
    metadata,
    key(),
    owned("post_id", "polls.post_id"),
    Column("position", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("name", Text, nullable=False),  # as its peer spells it: what a vote must say
    Column("votes_count", Integer, nullable=False),
    UniqueConstraint("post_id", "position"),
)

poll_votes = Table(
    "poll_votes",
    metadata,
    key(),
    owned("post_id", "polls.post_id"),
    owned("option_id", "poll_options.id", index=True),
    owned("account_id", "accounts.id", index=True),
    # The option's position, or 0 where there is a single choice: so the database itself allows no second one.
    Column("slot", Integer, nullable=False),
    Column("uri", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("post_id", "account_id", "slot"),
)
