"""The end of what is kept for a time only: links, sessions, challenges, codes, tokens and attempts."""

from __future__ import annotations

from fedserver.domain.auth import attempts, member_activity, tokens
from storage.engine import Tx
from storage.queries.auth import challenges as challenge_queries
from storage.queries.auth import invitations as invitation_queries
from storage.queries.auth import ip_blocks as ip_block_queries
from storage.queries.auth import members as member_queries
from storage.queries.auth import tokens as token_queries

INVITATION_RETENTION_MS = 30 * 86_400_000  # members see for a while that theirs have ended


async def purge(tx: Tx) -> None:
    """Delete everything whose time is over."""
    await ip_block_queries.delete_expired(tx, tx.now)
    await challenge_queries.delete_expired(tx, tx.now)
    await token_queries.delete_expired_sessions(tx, tx.now)
    await member_queries.delete_expired_links(tx, tx.now)
    await attempts.purge_ended(tx)
    await tokens.purge(tx)
    await invitation_queries.purge_ended(tx, tx.now - INVITATION_RETENTION_MS)
    await member_activity.purge_addresses(tx)
