"""Deleting for good what a suspended account has made. There is no way back."""

from __future__ import annotations

from fedserver.domain import accounts, acts, members, moderation
from fedserver.domain.words import Forbidden
from storage import MemberRow, Tx, queries


async def purge(tx: Tx, moderator: MemberRow | None, account_id: int, reason: str = "") -> None:
    """Delete the data of a suspended account; of one of ours, peers are told.

    The name stays taken, and a member who is gone stays out. Raises NotFound; Forbidden for an account that
    is not suspended.
    """
    account, member = await moderation.target(tx, moderator, account_id)
    if account.suspended_at is None:
        raise Forbidden("Suspend the account first")
    await acts.add(
        tx,
        moderator,
        "account.delete",
        target=account.uri,
        subject=acts.of_account(account),
        reason=reason,
        shows_reason=not acts.names(account, reason),
    )
    if account.domain:
        await queries.account_removal.uncount(tx, account.id)
        await queries.account_removal.empty(tx, account.id)
        await queries.accounts.set_counts(tx, account.id, followers=0, following=0, posts=0)
        return
    if member is not None:
        await members.set_disabled(tx, member, disabled=True)
    await accounts.delete_local(tx, account)
