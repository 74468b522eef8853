"""An index of the remote accounts that are deleted, and kept for what was decided about them."""

import sqlalchemy as sa
from alembic import op

revision = "schema_0005"
down_revision = "schema_0004"

CONDITION = sa.text("deleted_at IS NOT NULL AND domain != ''")


def upgrade() -> None:
    op.create_index(
        "ix_accounts_tombstones",
        "accounts",
        ["domain", "id"],
        sqlite_where=CONDITION,
        postgresql_where=CONDITION,
    )
