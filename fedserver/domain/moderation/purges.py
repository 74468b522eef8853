"""Deleting for good what a suspended account has made. There is no way back."""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.audit_log import audit_log
from fedserver.domain.auth import members
from fedserver.domain.kernel.errors import Forbidden
from fedserver.domain.moderation import moderation
from storage.engine import Tx
from storage.queries.accounts import account_removal as account_removal_queries
from storage.queries.accounts import accounts as account_queries
from storage.rows.auth import MemberRow


async def purge(tx: Tx, moderator: MemberRow | None, account_id: int, reason: str = "") -> None:
    """Delete the data of a suspended account; of one of ours, peers are told.

    The name stays taken, and a member who is gone stays out. Raises NotFound; Forbidden for an account that
    is not suspended.
    """
    account, member = await moderation.target(tx, moderator, account_id)
    if account.suspended_at is None:
        raise Forbidden("Suspend the account first")
    await audit_log.add(
        tx,
        moderator,
        "account.delete",
        target=account.uri,
        subject=audit_log.of_account(account),
        reason=reason,
        shows_reason=not audit_log.names(account, reason),
    )
    if account.domain:
        await account_removal_queries.uncount(tx, account.id)
        await account_removal_queries.empty(tx, account.id)
        await account_queries.set_counts(tx, account.id, followers=0, following=0, posts=0)
        return
    if member is not None:
        await members.set_disabled(tx, member, disabled=True)
    await accounts.delete_local(tx, account)
