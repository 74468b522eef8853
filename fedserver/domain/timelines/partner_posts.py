"""Posts for partners: seen by members here, and by members of partners with the scope `local`.

They are addressed to a collection of our node's own actor, and go to the shared inboxes of these partners.
"""

from __future__ import annotations

from collections.abc import Collection

from fedserver.domain.kernel.errors import Invalid
from fedserver.domain.timelines.visibility import narrower
from storage.engine import Tx
from storage.paging import Page
from storage.queries.accounts import accounts as account_queries
from storage.queries.peers import partners as partner_queries
from storage.queries.timelines import timelines as timeline_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

SHOWN, INSIDE = "posts", "local"  # scopes


async def check(tx: Tx, visibility: str) -> None:
    """Raises Invalid for a post for partners where there are none."""
    if visibility == "partners" and not await possible(tx):
        raise Invalid("visibility", "needs a partner that takes posts for partners")


async def possible(tx: Tx) -> bool:
    """True if there is somebody to write for."""
    return bool(await partner_queries.inboxes(tx, INSIDE))


async def is_member(tx: Tx, account: AccountRow) -> bool:
    """True for an account of a partner that sees posts for partners."""
    return bool(account.domain) and await partner_queries.collection(tx, account.domain, INSIDE) is not None


async def is_member_id(tx: Tx, account_id: int) -> bool:
    """As `is_member`."""
    account = await account_queries.by_id(tx, account_id)
    return account is not None and await is_member(tx, account)


async def seen_as(tx: Tx, author: AccountRow, visibility: str, addressed: Collection[str]) -> str:
    """The visibility of a post of a peer: for partners, if it is addressed to those of its own node."""
    if visibility != "direct":
        return visibility
    collection = await partner_queries.collection(tx, author.domain, INSIDE)
    return "partners" if collection is not None and collection in addressed else visibility


async def seen_after(
    tx: Tx, author: AccountRow, former: str, visibility: str, addressed: Collection[str]
) -> str:
    """The visibility of a post of a peer after an edit: never wider than before."""
    # guard: no edit widens @argument2
    return narrower(former, await seen_as(tx, author, visibility, addressed))


async def concerns(tx: Tx, author: AccountRow, visibility: str, addressed: Collection[str]) -> bool:
    """True if a post is one that a partner shows us by agreement, though nobody follows its author."""
    if visibility == "public":
        return await partner_queries.collection(tx, author.domain, SHOWN) is not None
    return await seen_as(tx, author, visibility, addressed) == "partners"


async def hides(tx: Tx, parent: PostRow, author: AccountRow) -> bool:
    """True if a peer answers a post that it cannot have seen."""
    if parent.visibility == "local":
        return True
    return parent.visibility == "partners" and not await is_member(tx, author)


async def timeline(tx: Tx, viewer_id: int, page: Page) -> list[int]:
    """What members of partners wrote, for everybody or for partners."""
    names = [row.domain for row in await partner_queries.in_state(tx, "agreed")]
    return await timeline_queries.partners(tx, names, viewer_id, page) if names else []
