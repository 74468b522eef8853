"""Remote accounts know each host that they are on, so that a decision about any of them finds them.

The host of an actor may be another than that of its handle (`domain`). Such an account got past a decision
about only one of them, so decisions are applied to those accounts now.
"""

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "schema_0006"
down_revision = "schema_0005"

BATCH_SIZE = 1_000
accounts = sa.table(
    "accounts",
    sa.column("id", sa.BigInteger),
    sa.column("uri", sa.Text),
    sa.column("domain", sa.Text),
    sa.column("other_hosts", sa.Text),
    sa.column("silenced_at", sa.BigInteger),
    sa.column("suspended_at", sa.BigInteger),
)
DECISIONS = sa.text("SELECT domain, policy, decided_at FROM peers WHERE policy IN ('limit', 'block', 'allow')")
COLUMN_BY_POLICY = {"limit": "silenced_at", "block": "suspended_at"}


def upgrade() -> None:
    op.add_column("accounts", sa.Column("other_hosts", sa.Text, nullable=False, server_default=""))
    connection, last_id = op.get_bind(), 0
    decided = {row.domain: (row.policy, row.decided_at) for row in connection.execute(DECISIONS)}
    while True:
        remote = sa.select(accounts.c.id, accounts.c.uri, accounts.c.domain).where(
            accounts.c.domain != "", accounts.c.id > last_id
        )
        rows = connection.execute(remote.order_by(accounts.c.id).limit(BATCH_SIZE)).all()
        if not rows:
            return
        last_id = rows[-1].id
        for row in rows:
            host = _get_host(row.uri)
            if host and host != row.domain:
                statement = sa.update(accounts).where(accounts.c.id == row.id)
                connection.execute(statement.values(other_hosts=f" {host} "))
                for policy, decided_at in (_find_decision(decided, name) for name in (row.domain, host)):
                    if policy in COLUMN_BY_POLICY:
                        column = accounts.c[COLUMN_BY_POLICY[policy]]
                        connection.execute(statement.where(column.is_(None)).values({column: decided_at}))


def _find_decision(decided: dict[str, tuple[str, int]], host: str) -> tuple[str, int]:
    """Return policy and time of the nearest decision about a host; ('', 0) for none."""
    labels = host.rpartition(":")[0].split(".") if host.rpartition(":")[2].isdigit() else host.split(".")
    names = (host, *(".".join(labels[start:]) for start in range(len(labels))))
    return next((decided[name] for name in names if name in decided), ("", 0))


def _get_host(uri: str) -> str:
    """Return the host of an actor's id, with its port unless it is the default; '' if it has none."""
    try:
        parts = urlsplit(uri)
        name, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if ":" in name:
        name = f"[{name}]"
    is_default = port in (None, {"https": 443, "http": 80}.get(parts.scheme))
    return name if is_default or not name else f"{name}:{port}"
