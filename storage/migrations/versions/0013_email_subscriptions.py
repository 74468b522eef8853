"""Public posts by mail"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column(
        "accounts", sa.Column("mails_posts", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "email_subscriptions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_email_subscriptions_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_subscriptions")),
        sa.UniqueConstraint("account_id", "email", name=op.f("uq_email_subscriptions_account_id_email")),
        sa.UniqueConstraint("token", name=op.f("uq_email_subscriptions_token")),
    )
    op.create_index("ix_email_subscriptions_account_id_id", "email_subscriptions", ["account_id", "id"])
