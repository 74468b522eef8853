"""Quotes with consent, cards of links, translations, refreshes of threads"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

OPEN = '{"quote":{"automatic":["public"],"manual":[]}}'


def upgrade() -> None:
    op.add_column("posts", sa.Column("quotes_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("posts", sa.Column("interaction_policy", sa.Text(), nullable=False, server_default=""))
    # What peers were told of our posts until now.
    posts = sa.table(
        "posts",
        sa.column("local", sa.Boolean()),
        sa.column("boost_of_id", sa.BigInteger()),
        sa.column("visibility", sa.Text()),
        sa.column("interaction_policy", sa.Text()),
    )
    op.execute(
        posts.update()
        .where(
            posts.c.local,
            posts.c.boost_of_id.is_(None),
            posts.c.visibility.in_(["public", "unlisted", "local"]),
        )
        .values(interaction_policy=OPEN)
    )
    _quotes()
    _cards()
    op.create_table(
        "translations",
        sa.Column("post_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("translated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_translations_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "language", name=op.f("pk_translations")),
    )
    op.create_index(op.f("ix_translations_translated_at"), "translations", ["translated_at"])
    op.create_table(
        "refreshes",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_refreshes_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refreshes")),
        sa.UniqueConstraint("post_id", name=op.f("uq_refreshes_post_id")),
    )


def _quotes() -> None:
    op.create_table(
        "quotes",
        sa.Column("post_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("quoted_id", sa.BigInteger(), nullable=True),
        sa.Column("quoted_account_id", sa.BigInteger(), nullable=True),
        sa.Column("quoted_uri", sa.Text(), nullable=False),
        sa.Column("quoted_url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("legacy", sa.Boolean(), nullable=False),
        sa.Column("request_uri", sa.Text(), nullable=True),
        sa.Column("authorization_uri", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_quotes_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_quotes_post_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["quoted_id"], ["posts.id"], name=op.f("fk_quotes_quoted_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_quotes")),
    )
    op.create_index(op.f("ix_quotes_account_id"), "quotes", ["account_id"])
    op.create_index(op.f("ix_quotes_authorization_uri"), "quotes", ["authorization_uri"])
    op.create_index(op.f("ix_quotes_request_uri"), "quotes", ["request_uri"])
    op.create_index("ix_quotes_quoted_id_post_id", "quotes", ["quoted_id", "post_id"])


def _cards() -> None:
    op.create_table(
        "cards",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_url", sa.Text(), nullable=False),
        sa.Column("provider_name", sa.Text(), nullable=False),
        sa.Column("provider_url", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("embed_url", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("image_url", sa.Text(), nullable=False),
        sa.Column("image_alt", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("creator_id", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["creator_id"], ["accounts.id"], name=op.f("fk_cards_creator_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
        sa.UniqueConstraint("url", name=op.f("uq_cards_url")),
    )
    op.create_index(op.f("ix_cards_creator_id"), "cards", ["creator_id"])
    op.create_table(
        "post_cards",
        sa.Column("post_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("card_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["card_id"], ["cards.id"], name=op.f("fk_post_cards_card_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_cards_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_cards")),
    )
    op.create_index("ix_post_cards_card_id_post_id", "post_cards", ["card_id", "post_id"])
