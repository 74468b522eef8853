"""Owners: a community never loses the last one who can act."""

from __future__ import annotations

from fedserver.domain.kernel.errors import ForbiddenError
from storage.engine import Tx
from storage.queries.auth import members as member_queries


async def ensure_not_last_owner(tx: Tx, member_id: int) -> None:
    """Raises Forbidden if this member is the only owner who can log in.

    Until the transaction ends no other owner can be taken away.
    """
    member = await member_queries.find(tx, member_id)
    if member is None or member.role != "owner":
        return
    if not set(await member_queries.lock_owners(tx)) - {member_id}:
        raise ForbiddenError("This is the last owner. Make another member an owner first.")
