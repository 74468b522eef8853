"""The follow of a new member of the member who invited them."""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.relationships import follows
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.accounts import AccountRow


async def follow_inviter(tx: Tx, site: NodeContext, account: AccountRow, inviter_id: int) -> None:
    """Follow the member who sent the invitation, so that the home timeline is not empty."""
    inviter_account = await member_queries.find_main_account_id(tx, inviter_id)
    if inviter_account is None:
        return
    inviter = await accounts.get(tx, inviter_account)
    if inviter.suspended_at is None and inviter.deleted_at is None:
        await follows.follow(tx, site, account, inviter)
