"""When an account moved, and when what it features was read"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("moved_at", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("featured_at", sa.BigInteger(), nullable=True))
