"""Indexes that the timelines, the threads and the blog use"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_index("ix_posts_local", "posts")
    op.create_index(
        "ix_posts_local",
        "posts",
        ["id"],
        sqlite_where=sa.text("local = 1 AND state = 'published' AND boost_of_id IS NULL"),
        postgresql_where=sa.text("local AND state = 'published' AND boost_of_id IS NULL"),
    )
    op.create_index(
        "ix_posts_latest_articles",
        "posts",
        ["id"],
        sqlite_where=sa.text("kind = 'Article' AND state = 'published' AND local = 1"),
        postgresql_where=sa.text("kind = 'Article' AND state = 'published' AND local"),
    )
    op.drop_index("uq_posts_slug", "posts")
    op.create_index(
        "uq_posts_slug",
        "posts",
        ["account_id", "slug"],
        unique=True,
        sqlite_where=sa.text("slug IS NOT NULL"),
        postgresql_where=sa.text("slug IS NOT NULL"),
    )
    op.drop_index("ix_posts_thread_id", "posts")
    op.create_index("ix_posts_thread_id_id", "posts", ["thread_id", "id"])
    op.create_index("ix_posts_url", "posts", ["url"])
