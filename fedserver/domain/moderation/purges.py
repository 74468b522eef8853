"""Permanent deletion of the data of suspended accounts."""

from __future__ import annotations

from fedserver.domain.accounts import account_removal
from fedserver.domain.audit_log import audit_log
from fedserver.domain.auth import member_access
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.domain.moderation.moderation_targets import get_target
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.queries.accounts import account_removal as account_removal_queries
from storage.queries.accounts import accounts as account_queries
from storage.rows.auth import MemberRow


async def purge(tx: Tx, moderator: MemberRow | None, account_id: int, reason: str = "") -> None:
    """Delete the data of a suspended account; the deletion of a local one is sent to peers.

    The username stays taken and the member cannot log in. Raises NotFoundError; ForbiddenError for an account
    that is not suspended.
    """
    account, member = await get_target(tx, moderator, account_id)
    if account.suspended_at is None:
        raise ForbiddenError(gettext("Please suspend the account first."))
    await audit_log.record(
        tx,
        moderator,
        "account.delete",
        target=account.uri,
        subject=audit_log.build_account_subject(account),
        reason=reason,
        shows_reason=not audit_log.identifies_account(account, reason),
    )
    if account.domain:
        await account_removal_queries.subtract_counts(tx, account.id)
        await account_removal_queries.delete_owned(tx, account.id)
        await account_queries.set_counts(tx, account.id, followers=0, following=0, posts=0)
        return
    if member is not None:
        await member_access.remove(tx, member)
    await account_removal.delete_local(tx, account)
