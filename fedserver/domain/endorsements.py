"""Endorsements: accounts that a member shows on its profile (docs.joinmastodon.org/methods/endorsements).

Only those whom the member follows; who is not followed any more is not shown any more.
"""

from __future__ import annotations

from fedserver.domain.words import Invalid
from storage import AccountRow, Page, Tx, queries


async def add(tx: Tx, actor: AccountRow, target: AccountRow) -> None:
    """Show an account. Raises Invalid for one that `actor` does not follow."""
    if await queries.follows.get(tx, actor.id, target.id) is None:
        raise Invalid("target_account", "must be one that you follow")
    await queries.endorsements.add(tx, actor.id, target.id)


async def remove(tx: Tx, actor: AccountRow, target: AccountRow) -> None:
    """Show it no more; nothing happens if it is not shown."""
    await queries.endorsements.remove(tx, actor.id, target.id)


async def page(tx: Tx, account: AccountRow, page: Page) -> list[tuple[int, int]]:
    """Cursors and ids of those whom an account shows; nobody for one that is gone."""
    gone = account.suspended_at is not None or account.deleted_at is not None
    return [] if gone else await queries.endorsements.page(tx, account.id, page)
