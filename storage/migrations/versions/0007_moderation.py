"""Moderation: reports, blocks of addresses, severances, reviews, and what decisions say"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _id() -> "sa.Column[int]":
    return sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False)


def _key(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    op.add_column("accounts", sa.Column("sensitized_at", sa.BigInteger(), nullable=True))
    op.add_column("notifications", sa.Column("subject_id", sa.BigInteger(), nullable=True))
    for name in ("usable", "trendable", "listable"):
        op.add_column("tags", sa.Column(name, sa.Boolean(), nullable=True))
    op.add_column("tags", sa.Column("reviewed_at", sa.BigInteger(), nullable=True))
    op.add_column("peers", sa.Column("decision_id", sa.BigInteger(), nullable=True))
    for name in ("rejects_reports", "obfuscates"):
        op.add_column("peers", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("peers", sa.Column("public_comment", sa.Text(), nullable=False, server_default=""))
    op.create_index("uq_peers_decision_id", "peers", ["decision_id"], unique=True)
    # Decisions made before get ids: their moment in the upper 48 bits, as every id, and their place below.
    op.execute(
        "UPDATE peers SET decision_id = decided_at * 65536 + "
        "(SELECT count(*) FROM peers AS other WHERE other.domain < peers.domain) "
        "WHERE policy <> '' AND decided_at IS NOT NULL"
    )
    _members()
    _reports()
    _blocks()
    _more()


def _members() -> None:
    op.create_table(
        "member_addresses",
        _key("member_id"),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_member_addresses_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "address", name=op.f("pk_member_addresses")),
    )
    op.create_index(op.f("ix_member_addresses_address"), "member_addresses", ["address"], unique=False)
    op.create_table(
        "member_days",
        _key("member_id"),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_member_days_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "day", name=op.f("pk_member_days")),
    )
    op.create_index(op.f("ix_member_days_day"), "member_days", ["day"], unique=False)


def _reports() -> None:
    op.create_table(
        "reports",
        _id(),
        sa.Column("uri", sa.Text(), nullable=True),
        _key("account_id"),
        _key("target_id"),
        sa.Column("post_ids", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("rule_ids", sa.Text(), nullable=False),
        sa.Column("forwarded", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("assigned_id", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_reports_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["accounts.id"], name=op.f("fk_reports_target_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["assigned_id"], ["accounts.id"], name=op.f("fk_reports_assigned_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["accounts.id"], name=op.f("fk_reports_resolved_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("uri", name=op.f("uq_reports_uri")),
    )
    op.create_index(op.f("ix_reports_account_id"), "reports", ["account_id"], unique=False)
    op.create_index("ix_reports_target_id_id", "reports", ["target_id", "id"], unique=False)
    still_open = sa.text("resolved_at IS NULL")
    op.create_index(
        "ix_reports_open",
        "reports",
        ["id"],
        unique=False,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def _blocks() -> None:
    op.create_table(
        "email_domain_blocks",
        _id(),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_domain_blocks")),
        sa.UniqueConstraint("domain", name=op.f("uq_email_domain_blocks_domain")),
    )
    op.create_table(
        "email_domain_attempts",
        _key("block_id"),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["block_id"],
            ["email_domain_blocks.id"],
            name=op.f("fk_email_domain_attempts_block_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("block_id", "day", "address", name=op.f("pk_email_domain_attempts")),
    )
    op.create_table(
        "canonical_email_blocks",
        _id(),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canonical_email_blocks")),
        sa.UniqueConstraint("hash", name=op.f("uq_canonical_email_blocks_hash")),
    )
    op.create_table(
        "ip_blocks",
        _id(),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ip_blocks")),
        sa.UniqueConstraint("network", name=op.f("uq_ip_blocks_network")),
    )


def _more() -> None:
    op.create_table(
        "severances",
        _id(),
        _key("account_id"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target_name", sa.Text(), nullable=False),
        sa.Column("followers_count", sa.Integer(), nullable=False),
        sa.Column("following_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_severances_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_severances")),
    )
    op.create_index(op.f("ix_severances_account_id"), "severances", ["account_id"], unique=False)
    op.create_table(
        "trend_reviews",
        _id(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=False),
        sa.Column("reviewed_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"],
            ["members.id"],
            name=op.f("fk_trend_reviews_reviewed_by_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trend_reviews")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_trend_reviews_kind_subject")),
    )
