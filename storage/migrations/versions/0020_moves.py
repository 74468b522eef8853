"""When an account moved, when what it features was read, what tells of followers"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("moved_at", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("featured_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("documents") as table:
        table.add_column(sa.Column("synchronizes", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("documents") as table:
        table.alter_column("synchronizes", server_default=None)
