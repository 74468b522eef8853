"""Groups, policies and requests of notifications; conversations; reactions to announcements"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("notifications") as batch:
        batch.add_column(sa.Column("group_key", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("filtered", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE notifications SET group_key = 'ungrouped-' || id")
    with op.batch_alter_table("notifications") as batch:
        batch.alter_column("group_key", server_default=None)
        batch.alter_column("filtered", server_default=None)
    op.create_index(
        "ix_notifications_account_id_group_key_id", "notifications", ["account_id", "group_key", "id"]
    )
    op.create_index(
        "ix_notifications_filtered",
        "notifications",
        ["account_id", "from_id"],
        sqlite_where=sa.text("filtered = 1"),
        postgresql_where=sa.text("filtered"),
    )
    op.create_table(
        "notification_policies",
        _owned("notification_policies", "account_id", "accounts.id"),
        sa.Column("for_not_following", sa.Text(), nullable=False),
        sa.Column("for_not_followers", sa.Text(), nullable=False),
        sa.Column("for_new_accounts", sa.Text(), nullable=False),
        sa.Column("for_private_mentions", sa.Text(), nullable=False),
        sa.Column("for_limited_accounts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_notification_policies"),
    )
    op.create_table(
        "notification_permissions",
        _owned("notification_permissions", "account_id", "accounts.id"),
        _owned("notification_permissions", "from_id", "accounts.id"),
        sa.PrimaryKeyConstraint("account_id", "from_id", name="pk_notification_permissions"),
    )
    op.create_index("ix_notification_permissions_from_id", "notification_permissions", ["from_id"])
    op.create_table(
        "notification_requests",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        _owned("notification_requests", "account_id", "accounts.id"),
        _owned("notification_requests", "from_id", "accounts.id"),
        sa.PrimaryKeyConstraint("id", name="pk_notification_requests"),
        sa.UniqueConstraint("account_id", "from_id", name="uq_notification_requests_account_id_from_id"),
    )
    op.create_index("ix_notification_requests_from_id", "notification_requests", ["from_id"])
    op.create_index("ix_notification_requests_account_id_id", "notification_requests", ["account_id", "id"])
    _conversations()
    op.create_table(
        "announcement_reactions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        _owned("announcement_reactions", "announcement_id", "announcements.id"),
        _owned("announcement_reactions", "account_id", "accounts.id"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_announcement_reactions"),
        sa.UniqueConstraint(
            "announcement_id",
            "name",
            "account_id",
            name="uq_announcement_reactions_announcement_id_name_account_id",
        ),
    )
    op.create_index("ix_announcement_reactions_account_id", "announcement_reactions", ["account_id"])


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        _owned("conversations", "account_id", "accounts.id"),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("people_hash", sa.Text(), nullable=False),
        sa.Column("last_post_id", sa.BigInteger(), nullable=False),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint(
            "account_id",
            "thread_id",
            "people_hash",
            name="uq_conversations_account_id_thread_id_people_hash",
        ),
    )
    op.create_index("ix_conversations_thread_id", "conversations", ["thread_id"])
    op.create_index("ix_conversations_last_post_id", "conversations", ["last_post_id"])
    op.create_index(
        "ix_conversations_account_id_last_post_id", "conversations", ["account_id", "last_post_id"]
    )
    op.create_table(
        "conversation_posts",
        _owned("conversation_posts", "conversation_id", "conversations.id"),
        _owned("conversation_posts", "post_id", "posts.id"),
        sa.PrimaryKeyConstraint("conversation_id", "post_id", name="pk_conversation_posts"),
    )
    op.create_index("ix_conversation_posts_post_id", "conversation_posts", ["post_id"])


def _owned(table: str, name: str, target: str) -> "sa.Column[int]":
    reference = sa.ForeignKey(target, name=f"fk_{table}_{name}", ondelete="CASCADE")
    return sa.Column(name, sa.BigInteger(), reference, autoincrement=False, nullable=False)
