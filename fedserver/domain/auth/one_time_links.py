"""Links that work once: to set the node up, to confirm an address, to choose a new password."""

from __future__ import annotations

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.kernel.secrets import hash_secret, new_secret
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import OneTimeLinkRow

HOUR_MS = 3_600_000
MAX_TOKEN_LENGTH = 200  # ours are shorter; longer ones are not worth hashing


def build_expired_text() -> str:
    """Return what someone reads whose link does not work any more."""
    return gettext("This link was already used or is too old.")


async def create(tx: Tx, purpose: str, member_id: int | None, email: str, *, hours: int) -> str:
    """Return the token of a new link that works once within `hours`; only its hash is stored."""
    token = new_secret()
    row = OneTimeLinkRow(
        hash_secret(token), purpose, member_id, email, tx.now, tx.now + hours * HOUR_MS, None
    )
    await member_queries.insert_link(tx, row)
    return token


async def get(tx: ReadTx, purpose: str, token: str) -> OneTimeLinkRow:
    """Return the link of a token. Raises NotFoundError if it was used, expired or is for something else."""
    plausible = 0 < len(token) <= MAX_TOKEN_LENGTH
    row = await member_queries.find_link(tx, hash_secret(token)) if plausible else None
    if row is None or row.purpose != purpose or row.used_at is not None or row.expires_at <= tx.now:
        raise NotFoundError(build_expired_text())
    return row


async def consume(tx: Tx, purpose: str, token: str) -> OneTimeLinkRow:
    """Mark a link as used and return it. Raises NotFoundError."""
    row = await get(tx, purpose, token)
    if not await member_queries.mark_link_used(tx, row.token_hash):
        raise NotFoundError(build_expired_text())
    return row
