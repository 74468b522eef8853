"""Lists of peers to which the node subscribes"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "peer_lists",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("applies_itself", sa.Boolean(), nullable=False),
        sa.Column("most_changes", sa.Integer(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("fetch_at", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=False),
        sa.Column("unusable", sa.Integer(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["members.id"], name=op.f("fk_peer_lists_created_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_lists")),
        sa.UniqueConstraint("url", name=op.f("uq_peer_lists_url")),
    )
    op.create_index(op.f("ix_peer_lists_fetch_at"), "peer_lists", ["fetch_at"])
    op.create_table(
        "peer_list_entries",
        sa.Column("list_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("rejects_media", sa.Boolean(), nullable=False),
        sa.Column("rejects_reports", sa.Boolean(), nullable=False),
        sa.Column("public_comment", sa.Text(), nullable=False),
        sa.Column("obfuscates", sa.Boolean(), nullable=False),
        sa.Column("declined", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["peer_lists.id"], name=op.f("fk_peer_list_entries_list_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("list_id", "domain", name=op.f("pk_peer_list_entries")),
    )
    op.create_index("ix_peer_list_entries_domain", "peer_list_entries", ["domain"])
    with op.batch_alter_table("peers") as table:
        table.add_column(sa.Column("list_id", sa.BigInteger(), nullable=True))
        table.create_foreign_key(
            op.f("fk_peers_list_id"), "peer_lists", ["list_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index(op.f("ix_peers_list_id"), "peers", ["list_id"])
