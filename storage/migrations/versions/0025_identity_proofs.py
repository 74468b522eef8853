"""Keys that people link to their accounts"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column(
        "accounts", sa.Column("identity_proofs", sa.Text(), nullable=False, server_default="[]")
    )
