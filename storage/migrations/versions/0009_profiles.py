"""Followed and featured tags, endorsements, and what a profile shows"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

NEW = (
    ("attribution_domains", sa.Text(), "[]"),
    ("shows_featured", sa.Boolean(), sa.true()),
    ("shows_media", sa.Boolean(), sa.true()),
    ("shows_media_replies", sa.Boolean(), sa.true()),
)


def _pair(name: str, other: str, target: str, *more: "sa.Column[object]") -> None:
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(other, sa.BigInteger(), autoincrement=False, nullable=False),
        *more,
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f(f"fk_{name}_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint([other], [target], name=op.f(f"fk_{name}_{other}"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("account_id", other, name=op.f(f"uq_{name}_account_id_{other}")),
    )


def upgrade() -> None:
    _pair("tag_follows", "tag_id", "tags.id")
    op.create_index("ix_tag_follows_account_id_id", "tag_follows", ["account_id", "id"])
    op.create_index("ix_tag_follows_tag_id", "tag_follows", ["tag_id"])
    _pair(
        "featured_tags",
        "tag_id",
        "tags.id",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_featured_tags_tag_id", "featured_tags", ["tag_id"])
    _pair("endorsements", "target_id", "accounts.id", sa.Column("created_at", sa.BigInteger(), nullable=False))
    op.create_index("ix_endorsements_target_id_id", "endorsements", ["target_id", "id"])
    op.create_index("ix_endorsements_account_id_id", "endorsements", ["account_id", "id"])
    with op.batch_alter_table("accounts") as table:
        for name, kind, value in NEW:
            table.add_column(sa.Column(name, kind, nullable=False, server_default=value))
    with op.batch_alter_table("accounts") as table:
        for name, _, _ in NEW:
            table.alter_column(name, server_default=None)
