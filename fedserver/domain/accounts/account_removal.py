"""Removal of accounts, with everything they own."""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.accounts import owners
from fedserver.domain.kernel import events, jobs
from storage.engine import Tx
from storage.queries.accounts import account_removal as account_removal_queries
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import decisions as decision_queries
from storage.queries.auth import members as member_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow


async def delete_remote(tx: Tx, account: AccountRow) -> None:
    """Remove a remote account and everything it owns.

    What members and moderators decided about it stays, with its addresses, until they revoke it.
    """
    if not account.domain:
        return
    files = await account_removal_queries.list_files(tx, account.id)
    await home_entry_queries.restore_after_account(tx, account.id)
    await account_removal_queries.subtract_counts(tx, account.id)
    # guard: deletion keeps decisions
    if await decision_queries.is_decided(tx, account.id):
        await account_removal_queries.delete_owned(tx, account.id)
        await account_removal_queries.delete_keys(tx, account.id)
        await account_queries.set_remote_deleted(tx, account.id, tx.now)
    else:
        await account_queries.delete_remote(tx, account.id)
    await _enqueue_file_removal(tx, files)
    tx.emit(events.ACCOUNT_CHANGED, account_id=account.id)


async def delete_local(tx: Tx, account: AccountRow) -> None:
    """Delete a local account and all its content; its name stays taken and peers are notified.

    Raises ForbiddenError for the account of the last owner.
    """
    member = await member_queries.find_by_account(tx, account.id)
    if member is not None and account.deleted_at is None:
        await owners.ensure_not_last_owner(tx, member.id)
    files = [
        *await account_removal_queries.list_files(tx, account.id),
        account.avatar_key,
        account.header_key,
    ]
    if not await account_queries.set_deleted(tx, account.id, tx.now):
        return
    await home_entry_queries.restore_after_account(tx, account.id)
    await account_removal_queries.subtract_counts(tx, account.id)
    await account_removal_queries.delete_owned(tx, account.id)
    await account_removal_queries.delete_decisions(tx, account.id)
    await jobs.enqueue(tx, jobs.DeleteAccount(account.id))
    await _enqueue_file_removal(tx, files)
    tx.emit(events.ACCOUNT_CHANGED, account_id=account.id)


async def _enqueue_file_removal(tx: Tx, files: Sequence[str]) -> None:
    keys = tuple(key for key in files if key)
    if keys:
        await jobs.enqueue(tx, jobs.RemoveFiles(keys))
