"""Endorsements: accounts that a member features on their profile.

See docs.joinmastodon.org/methods/endorsements. Only followed accounts can be featured; an unfollow ends it.
"""

from __future__ import annotations

from fedserver.domain.kernel.errors import InvalidError
from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts import endorsements as endorsement_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow


async def add(tx: Tx, actor: AccountRow, target: AccountRow) -> None:
    """Feature an account. Raises InvalidError for one that `actor` does not follow."""
    if await follow_queries.find(tx, actor.id, target.id) is None:
        raise InvalidError("target_account", "must be one that you follow")
    await endorsement_queries.insert(tx, actor.id, target.id)


async def remove(tx: Tx, actor: AccountRow, target: AccountRow) -> None:
    """Stop featuring an account; nothing happens if it is not featured."""
    await endorsement_queries.delete_endorsement(tx, actor.id, target.id)


async def list_by_account(
    tx: ReadTx, account: AccountRow, page: Page, viewer_id: int | None = None
) -> list[tuple[int, int]]:
    """Return cursors and ids of the featured accounts, without those hidden from the viewer.

    There are none if the account is suspended or deleted.
    """
    gone = account.suspended_at is not None or account.deleted_at is not None
    viewer = None if viewer_id == account.id else viewer_id
    return [] if gone else await endorsement_queries.list_by_account(tx, account.id, viewer, page)
