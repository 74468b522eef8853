"""Appeals of members, posts that acts were about, and notes of moderators about accounts"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def _key(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    op.create_table(
        "appeals",
        _key("id"),
        sa.Column("act_id", sa.BigInteger(), nullable=False),
        _key("account_id"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["acts.id"], name=op.f("fk_appeals_act_id")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_appeals_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["members.id"], name=op.f("fk_appeals_decided_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("act_id", name=op.f("uq_appeals_act_id")),
    )
    op.create_index(op.f("ix_appeals_account_id"), "appeals", ["account_id"])
    still_open = sa.text("decided_at IS NULL")
    op.create_index(
        "ix_appeals_open", "appeals", ["id"], sqlite_where=still_open, postgresql_where=still_open
    )
    op.create_table(
        "act_posts",
        _key("act_id"),
        _key("post_id"),
        _key("account_id"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["acts.id"], name=op.f("fk_act_posts_act_id")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_act_posts_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("act_id", "post_id", name=op.f("pk_act_posts")),
    )
    op.create_index(op.f("ix_act_posts_account_id"), "act_posts", ["account_id"])
    op.create_table(
        "moderation_notes",
        _key("id"),
        _key("account_id"),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_moderation_notes_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_moderation_notes_member_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_notes")),
    )
    op.create_index(op.f("ix_moderation_notes_account_id"), "moderation_notes", ["account_id"])
