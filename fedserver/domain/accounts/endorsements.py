"""Endorsements: accounts that a member shows on its profile (docs.joinmastodon.org/methods/endorsements).

Only those whom the member follows; who is not followed any more is not shown any more.
"""

from __future__ import annotations

from fedserver.domain.kernel.errors import InvalidError
from storage.engine import Tx
from storage.paging import Page
from storage.queries.accounts import endorsements as endorsement_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow


async def add(tx: Tx, actor: AccountRow, target: AccountRow) -> None:
    """Show an account. Raises Invalid for one that `actor` does not follow."""
    if await follow_queries.find(tx, actor.id, target.id) is None:
        raise InvalidError("target_account", "must be one that you follow")
    await endorsement_queries.insert(tx, actor.id, target.id)


async def remove(tx: Tx, actor: AccountRow, target: AccountRow) -> None:
    """Show it no more; nothing happens if it is not shown."""
    await endorsement_queries.delete_endorsement(tx, actor.id, target.id)


async def list_by_account(tx: Tx, account: AccountRow, page: Page) -> list[tuple[int, int]]:
    """Cursors and ids of those whom an account shows; nobody for one that is gone."""
    gone = account.suspended_at is not None or account.deleted_at is not None
    return [] if gone else await endorsement_queries.list_by_account(tx, account.id, page)
