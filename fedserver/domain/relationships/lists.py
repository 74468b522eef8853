"""Lists of accounts with a timeline of their own (docs.joinmastodon.org/methods/lists).

A list may hold accounts that its owner follows (or asked to follow), and the owner. Posts of accounts on an
*exclusive* list do not appear at the owner's home. Lists are visible to their owner only.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, UnsetType, structs

from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_line
from fedserver.text.locales import gettext
from storage.engine import Page, ReadTx, Tx
from storage.queries.relationships import follows as follow_queries
from storage.queries.relationships import lists as list_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow
from storage.rows.relationships import ListRow

REPLIES_POLICIES = ("followed", "list", "none")
MAX_LISTS, MAX_TITLE, MAX_PER_CALL = 50, 256, 500  # lists, characters, accounts
Pairs = list[tuple[int, int]]


def _clean_title(text: str) -> str:
    title = clean_line("title", text, MAX_TITLE)
    if not title:
        raise InvalidError("title", "can't be blank", "ERR_BLANK")
    return title


def _check_replies_policy(text: str) -> str:
    if text not in REPLIES_POLICIES:
        raise InvalidError("replies_policy", f"is not one of {', '.join(REPLIES_POLICIES)}", "ERR_INCLUSION")
    return text


async def list_by_account(tx: ReadTx, actor: AccountRow) -> list[ListRow]:
    """Return all lists of `actor`, oldest first."""
    return await list_queries.list_by_owner(tx, actor.id)


async def get(tx: ReadTx, actor: AccountRow, list_id: int) -> ListRow:
    """Return a list of `actor`. Raises NotFoundError."""
    row = await list_queries.find(tx, actor.id, list_id)
    if row is None:
        raise NotFoundError
    return row


async def create(
    tx: Tx, actor: AccountRow, title: str, *, replies_policy: str = "list", exclusive: bool = False
) -> ListRow:
    """Create a list. Raises InvalidError."""
    row = ListRow(
        tx.new_id(), actor.id, _clean_title(title), _check_replies_policy(replies_policy), exclusive
    )
    if await list_queries.count(tx, actor.id) >= MAX_LISTS:
        message = gettext("You have as many lists as you can. Please delete one first.")
        raise InvalidError("base", f"You may have {MAX_LISTS} lists", message=message)
    await list_queries.insert_list(tx, row)
    return row


async def update(
    tx: Tx,
    actor: AccountRow,
    list_id: int,
    *,
    title: str | UnsetType = UNSET,
    replies_policy: str | UnsetType = UNSET,
    exclusive: bool | UnsetType = UNSET,
) -> ListRow:
    """Change a list; UNSET keeps a value. Raises NotFoundError, InvalidError."""
    former = await get(tx, actor, list_id)
    row = structs.replace(
        former,
        title=former.title if isinstance(title, UnsetType) else _clean_title(title),
        replies_policy=former.replies_policy
        if isinstance(replies_policy, UnsetType)
        else _check_replies_policy(replies_policy),
        exclusive=former.exclusive if isinstance(exclusive, UnsetType) else exclusive,
    )
    await list_queries.update_list(tx, row)
    if row.exclusive and not former.exclusive:
        await home_entry_queries.restore_after_list(tx, actor.id, list_id)
        await list_queries.delete_home_entries(tx, actor.id, list_id)
    return row


async def remove(tx: Tx, actor: AccountRow, list_id: int) -> None:
    """Remove a list. Raises NotFoundError."""
    if not await list_queries.delete_by_id(tx, actor.id, list_id):
        raise NotFoundError


async def add_accounts(tx: Tx, actor: AccountRow, list_id: int, ids: Sequence[int]) -> None:
    """Add all of the accounts to a list, or none.

    Raises NotFoundError for another member's list or an account that `actor` does not follow, InvalidError
    for one that is on the list already.
    """
    row = await get(tx, actor, list_id)
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MAX_PER_CALL:
        raise InvalidError("account_ids", f"are more than {MAX_PER_CALL}", "ERR_TOO_LONG")
    if await list_queries.load_addable_ids(tx, actor.id, wanted) != set(wanted):
        raise NotFoundError
    if await list_queries.load_member_ids(tx, list_id, wanted):
        raise InvalidError("account", "has already been taken", "ERR_TAKEN")
    await list_queries.insert_members(tx, list_id, wanted)
    if row.exclusive:
        await home_entry_queries.restore_after_list(tx, actor.id, list_id)
        await list_queries.delete_home_entries(tx, actor.id, list_id)


async def remove_accounts(tx: Tx, actor: AccountRow, list_id: int, ids: Sequence[int]) -> None:
    """Remove accounts from a list; those that are not on it are ignored. Raises NotFoundError."""
    row = await get(tx, actor, list_id)
    gone = await list_queries.load_member_ids(tx, list_id, ids)
    await list_queries.delete_members(tx, list_id, list(ids))
    if row.exclusive:
        for account_id in sorted(gone)[:MAX_PER_CALL]:
            if await follow_queries.find(tx, actor.id, account_id) is not None:
                await home_entry_queries.backfill_author(tx, actor.id, account_id)


async def list_accounts(tx: ReadTx, actor: AccountRow, list_id: int, page: Page | None) -> Pairs:
    """Return cursors and ids of the accounts on a list, newest first; all without a page.

    Raises NotFoundError.
    """
    await get(tx, actor, list_id)
    return await list_queries.list_members(tx, list_id, page)


async def list_containing(tx: ReadTx, actor: AccountRow, account_id: int) -> list[ListRow]:
    """Return the lists of `actor` that contain an account."""
    return await list_queries.list_containing(tx, actor.id, account_id)
