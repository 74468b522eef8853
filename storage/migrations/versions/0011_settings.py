"""Settings that admins change while the node runs, and legal texts, are in the database."""

import sqlalchemy as sa
from alembic import op

revision = "schema_0011"
down_revision = "schema_0010"


def upgrade() -> None:
    op.create_table(
        "node_settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_node_settings"),
    )
    op.create_table(
        "settings_heads",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_settings_heads"),
    )
    op.create_table(
        "legal_texts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_legal_texts"),
        sa.UniqueConstraint("kind", "effective_from", name="uq_legal_texts_kind_effective_from"),
    )
