"""What members have written in a form and not sent yet is kept, with the files in it."""

import sqlalchemy as sa
from alembic import op

revision = "schema_0009"
down_revision = "schema_0008"


def upgrade() -> None:
    op.create_table(
        "autosaves",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("slot", sa.Text, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("saved_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_autosaves"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_autosaves_account_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("account_id", "slot", name="uq_autosaves_account_id_slot"),
    )
    op.create_index("ix_autosaves_saved_at", "autosaves", ["saved_at"])
    op.create_table(
        "autosave_media",
        sa.Column("autosave_id", sa.BigInteger, nullable=False),
        sa.Column("media_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("autosave_id", "media_id", name="pk_autosave_media"),
        sa.ForeignKeyConstraint(
            ["autosave_id"], ["autosaves.id"], name="fk_autosave_media_autosave_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name="fk_autosave_media_media_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_autosave_media_media_id", "autosave_media", ["media_id"])
