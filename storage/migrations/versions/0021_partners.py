"""Partners, and what their members wrote"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

SHOWN = "(visibility = 'public' OR visibility = 'partners') AND state = 'published' AND boost_of_id IS NULL"


def upgrade() -> None:
    op.create_table(
        "partners",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("offer_uri", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.Column("agreed_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_partners_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["members.id"], name=op.f("fk_partners_decided_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
        sa.UniqueConstraint("domain", name=op.f("uq_partners_domain")),
        sa.UniqueConstraint("offer_uri", name=op.f("uq_partners_offer_uri")),
    )
    op.create_index(op.f("ix_partners_account_id"), "partners", ["account_id"])
    op.create_index("ix_partners_state", "partners", ["state"])
    op.create_index(
        "ix_posts_remote",
        "posts",
        ["id"],
        sqlite_where=sa.text(f"local = 0 AND {SHOWN}"),
        postgresql_where=sa.text(f"NOT local AND {SHOWN}"),
    )
