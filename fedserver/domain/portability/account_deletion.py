"""Deletion of accounts by their members."""

from __future__ import annotations

from fedserver.domain.accounts import account_removal, accounts
from fedserver.domain.auth import member_access
from storage.engine import Tx
from storage.queries.audit_log import audit_log as audit_log_queries
from storage.queries.auth import members as member_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow


async def delete_account(tx: Tx, member: MemberRow, actor: AccountRow) -> None:
    """Delete an account permanently and, if it is the main one, the data of the member.

    Raises ForbiddenError for the last owner.
    """
    row = await accounts.get(tx, actor.id)
    if await member_queries.find_main_account_id(tx, member.id) != row.id:
        await account_removal.delete_local(tx, row)
        await audit_log_queries.erase_personal_data(tx, row.uri, None)
        return
    await member_access.remove(tx, member)
    await account_removal.delete_local(tx, row)
    await audit_log_queries.erase_personal_data(tx, row.uri, member.id)
    await member_queries.delete_by_id(tx, member.id)
