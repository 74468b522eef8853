"""Members choose which notifications they also get by mail; nobody has until they do."""

import sqlalchemy as sa
from alembic import op

revision = "schema_0013"
down_revision = "schema_0012"


def upgrade() -> None:
    op.add_column(
        "notification_policies", sa.Column("mail_kinds", sa.Text, nullable=False, server_default="")
    )
