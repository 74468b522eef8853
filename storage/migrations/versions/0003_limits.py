"""Attempts are counted in one row for each subject; apps and sessions keep what their clean-up and log-out need."""

import sqlalchemy as sa
from alembic import op

revision = "schema_0003"
down_revision = "schema_0002"


def upgrade() -> None:
    # What was tried in the last quarter of an hour need not be known after an upgrade.
    op.drop_table("login_attempts")
    op.create_table(
        "attempt_counts",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_attempt_counts"),
    )
    op.create_index("ix_attempt_counts_ends_at", "attempt_counts", ["ends_at"])
    op.add_column("sessions", sa.Column("sealed_id_token", sa.Text()))
    op.add_column("apps", sa.Column("authorized_at", sa.BigInteger()))
    # Apps that members use, or used, stay.
    for table in ("tokens", "codes"):
        op.execute(
            "UPDATE apps SET authorized_at = created_at WHERE id IN "
            f"(SELECT app_id FROM {table} WHERE member_id IS NOT NULL)"
        )
