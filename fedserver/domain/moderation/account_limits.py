"""The limits that moderators set on accounts: sensitive, silenced, suspended, and disabled log-in."""

from __future__ import annotations

from fedserver.domain.accounts import decisions
from fedserver.domain.auth import member_access
from fedserver.domain.kernel import events
from fedserver.domain.peers import severances
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryRow
from storage.rows.auth import MemberRow

LIMIT_COLUMNS = decisions.LIMIT_COLUMNS


def is_set(account: AccountRow, member: MemberRow | None, kind: str) -> bool:
    """Return True if the limit is in effect; `disable` is one of the member, the others of the account."""
    if kind == "disable":
        return member is not None and member.disabled_at is not None
    return getattr(account, LIMIT_COLUMNS[kind]) is not None


async def is_inherited(tx: ReadTx, account_id: int, entry: LogEntryRow, kind: str) -> bool:
    """Return True if an account has the limit of an entry that is about another account."""
    account = await account_queries.find(tx, account_id)
    if account is None or account.uri == entry.target or kind not in LIMIT_COLUMNS:
        return False
    at: int | None = getattr(account, LIMIT_COLUMNS[kind])
    return at == entry.at


async def set_limit(tx: Tx, account: AccountRow, member: MemberRow | None, kind: str) -> None:
    """Set a limit; nothing happens for kinds that set none.

    One that is in effect gets a new time: if it was the domain's, it stays when that is lifted.
    """
    if kind in LIMIT_COLUMNS:
        await account_queries.set_limit(tx, account.id, LIMIT_COLUMNS[kind], tx.now)
        if kind == "suspend" and not is_set(account, member, kind):
            await _cut_off(tx, account, member)
    elif kind == "disable" and member is not None:
        await member_access.set_disabled(tx, member, disabled=True)
    tx.emit(events.ACCOUNT_CHANGED, account_id=account.id)


async def clear_limit(tx: Tx, account: AccountRow, member: MemberRow | None, kind: str) -> None:
    """Clear a limit."""
    if kind in LIMIT_COLUMNS:
        await account_queries.set_limit(tx, account.id, LIMIT_COLUMNS[kind], None)
    elif member is not None:
        await member_access.set_disabled(tx, member, disabled=False)
    tx.emit(events.ACCOUNT_CHANGED, account_id=account.id)


async def carry(tx: Tx, old: AccountRow, target: AccountRow) -> None:
    """Apply the limits of an account that moved to its target, whose follows end if it is suspended."""
    await decisions.carry_limits(tx, old, target)
    await sever_follows(tx, target.id)


async def sever_follows(tx: Tx, account_id: int) -> None:
    """End the follows of a remote account that is suspended; nothing happens for others."""
    account = await account_queries.find(tx, account_id)
    if account is not None and account.domain and account.suspended_at is not None:
        handle = f"{account.username}@{account.domain}"
        await severances.sever(tx, account.suspended_at, "account_suspension", handle, notify_peers=True)


async def _cut_off(tx: Tx, account: AccountRow, member: MemberRow | None) -> None:
    """End the follows of a suspended account and log its member out."""
    handle = f"{account.username}@{account.domain}" if account.domain else account.username
    await severances.sever(tx, tx.now, "account_suspension", handle, notify_peers=True)
    if member is not None:
        await member_access.log_out(tx, member)
