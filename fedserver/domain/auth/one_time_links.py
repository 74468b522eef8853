"""Links that work once: to set the node up, to confirm an address, to choose a new password."""

from __future__ import annotations

from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.kernel.secrets import hashed, new_secret
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import OneTimeLinkRow

HOUR = 3_600_000


async def new(tx: Tx, purpose: str, member_id: int | None, email: str, *, hours: int) -> str:
    """A link that works once; the word in it."""
    token = new_secret()
    row = OneTimeLinkRow(hashed(token), purpose, member_id, email, tx.now, tx.now + hours * HOUR, None)
    await member_queries.add_link(tx, row)
    return token


async def check(tx: Tx, purpose: str, token: str) -> OneTimeLinkRow:
    """Raises NotFound if the link was used, is over or is for something else."""
    row = await member_queries.link(tx, hashed(token)) if 0 < len(token) <= 200 else None
    if row is None or row.purpose != purpose or row.used_at is not None or row.expires_at <= tx.now:
        raise NotFound("This link was used before, or is too old")
    return row


async def use(tx: Tx, purpose: str, token: str) -> OneTimeLinkRow:
    """Use a link up. Raises NotFound."""
    row = await check(tx, purpose, token)
    if not await member_queries.use_link(tx, row.token_hash):
        raise NotFound("This link was used before, or is too old")
    return row
