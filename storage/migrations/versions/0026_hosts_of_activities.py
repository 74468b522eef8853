"""From which host an activity came: what one host says is carried out in order, and no more waits than is fair"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    with op.batch_alter_table("inbox_items") as table:
        table.add_column(sa.Column("host", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("inbox_items") as table:
        table.alter_column("host", server_default=None)
        table.create_index("ix_inbox_items_host_id", ["host", "id"], unique=False)
