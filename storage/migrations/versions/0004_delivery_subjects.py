"""Deliveries know what they are about: one that failed holds back only later ones of the same subject."""

import sqlalchemy as sa
from alembic import op

revision = "schema_0004"
down_revision = "schema_0003"


def upgrade() -> None:
    # What was pending before has no subject, and keeps the order in which it was enqueued.
    op.add_column("deliveries", sa.Column("subject", sa.Text, nullable=False, server_default=""))
