"""An article says under which license its author shares it, and who wrote it with them."""

import sqlalchemy as sa
from alembic import op

revision = "schema_0010"
down_revision = "schema_0009"


def upgrade() -> None:
    op.add_column("posts", sa.Column("license", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "coauthors",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("post_id", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("accepted_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_coauthors"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_coauthors_post_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_coauthors_account_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("post_id", "account_id", name="uq_coauthors_post_id_account_id"),
    )
    op.create_index("ix_coauthors_account_id", "coauthors", ["account_id"])
