"""The member who sent an invitation: who is invited sees them, and follows them after joining."""

from __future__ import annotations

from fedserver.domain.accounts import account_views, accounts
from fedserver.domain.accounts.account_views import AccountView
from fedserver.domain.auth import invitations
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.relationships import follows
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.rows.accounts import AccountRow


async def find_inviter(tx: ReadTx, code: str) -> tuple[AccountView | None, bool]:
    """Return who sent an invitation, None if they are gone, and whether it is valid."""
    row = await invitations.find_valid(tx, code) if code else None
    if row is None:
        return None, False
    account_id = await member_queries.find_main_account_id(tx, row.created_by_id or 0)
    views = await account_views.load(tx, [account_id] if account_id is not None else [])
    view = views.get(account_id or 0)
    is_gone = view is None or view.account.suspended_at is not None or view.account.deleted_at is not None
    return None if is_gone else view, True


async def follow_inviter(tx: Tx, site: NodeContext, account: AccountRow, inviter_id: int) -> None:
    """Follow the member who sent the invitation, so that the home timeline is not empty."""
    inviter_account = await member_queries.find_main_account_id(tx, inviter_id)
    if inviter_account is None:
        return
    inviter = await accounts.get(tx, inviter_account)
    if inviter.suspended_at is None and inviter.deleted_at is None:
        await follows.follow(tx, site, account, inviter)
