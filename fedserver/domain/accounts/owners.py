"""Owners: a community never loses the last owner who can log in."""

from __future__ import annotations

from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.text.locales import gettext
from storage.engine import ReadTx
from storage.queries.auth import members as member_queries


async def ensure_not_last_owner(tx: ReadTx, member_id: int) -> None:
    """Raise ForbiddenError if this member is the only owner who can log in.

    The rows of all owners stay locked until the transaction ends.
    """
    member = await member_queries.find(tx, member_id)
    if member is None or member.role != "owner":
        return
    if not set(await member_queries.lock_owners(tx)) - {member_id}:
        raise ForbiddenError(gettext("This is the last owner. Make another member an owner first."))
