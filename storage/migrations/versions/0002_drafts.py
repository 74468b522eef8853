"""Find the drafts of an author, of every kind."""

import sqlalchemy as sa
from alembic import op

revision = "schema_0002"
down_revision = "schema_0001"


def upgrade() -> None:
    condition = sa.text("state = 'draft'")
    op.create_index(
        "ix_posts_drafts",
        "posts",
        ["account_id", "id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
