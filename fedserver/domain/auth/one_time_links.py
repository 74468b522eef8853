"""Links that work once: to set the node up, to confirm an address, to choose a new password."""

from __future__ import annotations

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.kernel.secrets import hash_secret, new_secret
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import OneTimeLinkRow

HOUR_MS = 3_600_000


async def create(tx: Tx, purpose: str, member_id: int | None, email: str, *, hours: int) -> str:
    """A link that works once; the word in it."""
    token = new_secret()
    row = OneTimeLinkRow(
        hash_secret(token), purpose, member_id, email, tx.now, tx.now + hours * HOUR_MS, None
    )
    await member_queries.insert_link(tx, row)
    return token


async def get(tx: Tx, purpose: str, token: str) -> OneTimeLinkRow:
    """Raises NotFound if the link was used, is over or is for something else."""
    row = await member_queries.find_link(tx, hash_secret(token)) if 0 < len(token) <= 200 else None
    if row is None or row.purpose != purpose or row.used_at is not None or row.expires_at <= tx.now:
        raise NotFoundError("This link was used before, or is too old")
    return row


async def consume(tx: Tx, purpose: str, token: str) -> OneTimeLinkRow:
    """Use a link up. Raises NotFound."""
    row = await get(tx, purpose, token)
    if not await member_queries.mark_link_used(tx, row.token_hash):
        raise NotFoundError("This link was used before, or is too old")
    return row
