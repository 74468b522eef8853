"""Moves of accounts between nodes, and the aliases that permit them (FEP-7628).

An alias of an account here names the same person's account elsewhere, which may then move here. After a move,
members relate to the new account as they did to the old one (`move_transfers`); posts stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.accounts import accounts, profiles
from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.moderation import account_limits
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow

MAX_ALIASES = 10
COOL_DOWN_MS = 7 * 24 * 3_600_000  # between two moves, as each makes all followers follow


async def set_aliases(
    tx: Tx, site: NodeContext, actor: AccountRow, others: Sequence[AccountRow]
) -> AccountRow:
    """Replace the aliases of `actor` and send the change to peers. Raises InvalidError."""
    uris = tuple(dict.fromkeys(account.uri for account in others))
    if len(uris) > MAX_ALIASES:
        raise InvalidError(
            "also_known_as_uris",
            f"are more than {MAX_ALIASES}",
            "ERR_TOO_LONG",
            message=gettext("You can name %(max)s other accounts. Please remove some.", max=MAX_ALIASES),
        )
    if actor.uri in uris:
        raise InvalidError(
            "also_known_as_uris",
            "must be other accounts than this one",
            message=gettext("Please name other accounts than this one."),
        )
    return await accounts.update_profile(tx, site, actor, accounts.ProfileChange(also_known_as=uris))


async def move(tx: Tx, actor: AccountRow, target: AccountRow) -> None:
    """Move a local account to `target`, which was just fetched. Raises InvalidError."""
    row = await accounts.get(tx, actor.id)
    _check_move(tx, row, target)
    await _set_moved_to(tx, row, target)
    await _broadcast(tx, row)
    await jobs.enqueue(tx, jobs.MoveAccount(row.id, target.id))


def _check_move(tx: ReadTx, row: AccountRow, target: AccountRow) -> None:
    """Raise InvalidError if the account may not move to the target."""
    if target.id == row.id:
        raise InvalidError(
            "moved_to_uri",
            "must be another account than this one",
            message=gettext("Please name another account than this one."),
        )
    if row.uri not in profiles.decode_aliases(target):
        raise InvalidError(
            "moved_to_uri",
            "does not name this account as an alias of it",
            message=gettext(
                "Please add this account as an alias in the settings of the other account first."
            ),
        )
    if target.moved_to_id is not None:
        raise InvalidError(
            "moved_to_uri",
            "has moved itself",
            message=gettext("The other account has moved. Please name the account that it moved to."),
        )
    if _has_moved_recently(tx, row):
        raise InvalidError("base", gettext("An account can move only once in seven days."))


async def cancel(tx: Tx, actor: AccountRow) -> None:
    """Use a local account again that has moved; its followers do not come back."""
    row = await accounts.get(tx, actor.id)
    if row.moved_to_id is not None:
        await account_queries.set_moved(tx, row.id, None, row.moved_at)
        tx.emit(events.ACCOUNT_CHANGED, account_id=row.id)
        await _broadcast(tx, row)


async def _broadcast(tx: Tx, row: AccountRow) -> None:
    """Send the changed account to peers."""
    await jobs.enqueue(tx, jobs.UpdateAccount(row.id), dedupe=f"update_account:{row.id}")


async def receive(tx: Tx, old: AccountRow, target: AccountRow) -> bool:
    """Store that a remote account moved to `target`, which was just fetched.

    Returns False if it moved too recently, or if the target does not confirm the move by an alias.
    """
    row = await accounts.get(tx, old.id)
    unusable = (target.moved_to_id, target.suspended_at, target.deleted_at)
    if not row.domain or row.id == target.id or any(value is not None for value in unusable):
        return False
    if row.uri not in profiles.decode_aliases(target) or _has_moved_recently(tx, row):
        return False
    await _set_moved_to(tx, row, target)
    return True


def _has_moved_recently(tx: ReadTx, row: AccountRow) -> bool:
    return row.moved_at is not None and tx.now < row.moved_at + COOL_DOWN_MS


async def _set_moved_to(tx: Tx, row: AccountRow, target: AccountRow) -> None:
    await account_queries.set_moved(tx, row.id, target.id, tx.now)
    await account_limits.carry(tx, row, target)
    await jobs.enqueue(tx, jobs.TransferRelationships(row.id, target.id))
    tx.emit(events.ACCOUNT_CHANGED, account_id=row.id)
