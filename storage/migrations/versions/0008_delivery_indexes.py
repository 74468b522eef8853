"""What holds back a delivery is found by an index, however many of its sender and host have failed.

Also: accounts whose actor is on another host than their handle, of which there are few, are found by one.
"""

import sqlalchemy as sa
from alembic import op

revision = "schema_0008"
down_revision = "schema_0007"
UNTRIED = "error = '' AND dead_at IS NULL"
HAS_OTHER_HOSTS = "other_hosts != ''"


def upgrade() -> None:
    op.drop_index("ix_deliveries_lane_id", "deliveries")
    op.create_index("ix_deliveries_lane_subject_id", "deliveries", ["lane", "subject", "id"])
    op.create_index(
        "ix_deliveries_untried",
        "deliveries",
        ["lane", "id"],
        sqlite_where=sa.text(UNTRIED),
        postgresql_where=sa.text(UNTRIED),
    )
    op.create_index(
        "ix_accounts_other_hosts",
        "accounts",
        ["other_hosts"],
        sqlite_where=sa.text(HAS_OTHER_HOSTS),
        postgresql_where=sa.text(HAS_OTHER_HOSTS),
    )
