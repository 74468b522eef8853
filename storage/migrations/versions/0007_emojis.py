"""Custom emoji can be disabled: they stay where they were used, and can be used no more."""

import sqlalchemy as sa
from alembic import op

revision = "schema_0007"
down_revision = "schema_0006"


def upgrade() -> None:
    op.add_column("emojis", sa.Column("disabled", sa.Boolean(), nullable=False, server_default=sa.false()))
