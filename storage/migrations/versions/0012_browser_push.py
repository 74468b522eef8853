"""Push messages also go to browsers, whose subscriptions belong to a session instead of a token."""

import sqlalchemy as sa
from alembic import op

revision = "schema_0012"
down_revision = "schema_0011"


def upgrade() -> None:
    with op.batch_alter_table("push_subscriptions") as table:
        table.alter_column("token_id", existing_type=sa.BigInteger(), nullable=True)
        table.add_column(sa.Column("session_id", sa.BigInteger()))
        table.create_foreign_key(
            "fk_push_subscriptions_session_id",
            "sessions",
            ["session_id"],
            ["id"],
            ondelete="CASCADE",
        )
        table.create_unique_constraint("uq_push_subscriptions_session_id", ["session_id"])
