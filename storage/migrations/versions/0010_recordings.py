"""Films and sound, and what was fetched from peers"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table("media") as batch:
        batch.add_column(sa.Column("state", sa.Text(), nullable=False, server_default="ready"))
        batch.add_column(sa.Column("problem", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("duration", sa.Float()))
        batch.add_column(sa.Column("frame_rate", sa.Text()))
        batch.add_column(sa.Column("bitrate", sa.Integer()))
    with op.batch_alter_table("media") as batch:
        batch.alter_column("state", server_default=None)
        batch.alter_column("problem", server_default=None)
    op.create_table(
        "remote_files",
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("preview_key", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "shape", name="pk_remote_files"),
    )
    op.create_index("ix_remote_files_used_at", "remote_files", ["used_at"])
