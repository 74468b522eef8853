"""Posts for partners: seen by members here, and by members of partners with the scope `local`.

They are addressed to a collection of our node's own actor, and go to the shared inboxes of these partners.
"""

from __future__ import annotations

from collections.abc import Collection

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.timelines.visibility import SCOPE_LOCAL, is_partner, narrower
from storage.engine import Page, ReadTx
from storage.queries.accounts import accounts as account_queries
from storage.queries.peers import partners as partner_queries
from storage.queries.timelines import timelines as timeline_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

SCOPE_POSTS = "posts"  # of a partner whose public posts are stored even if no member follows their authors


async def check_visibility(tx: ReadTx, visibility: str) -> None:
    """Raise InvalidError for a post for partners if there are none."""
    if visibility == "partners" and not await has_recipients(tx):
        raise InvalidError("visibility", "needs a partner that takes posts for partners")


async def has_recipients(tx: ReadTx) -> bool:
    """Return True if there is a partner that receives posts for partners."""
    return bool(await partner_queries.load_inboxes(tx, SCOPE_LOCAL))


async def is_member(tx: ReadTx, account: AccountRow) -> bool:
    """Return True for an account of a partner that sees posts for partners."""
    return await is_partner(tx, account.domain)


async def is_member_by_id(tx: ReadTx, account_id: int) -> bool:
    """Return True for the id of an account of a partner that sees posts for partners."""
    account = await account_queries.find(tx, account_id)
    return account is not None and await is_member(tx, account)


async def resolve_visibility(
    tx: ReadTx, author: AccountRow, visibility: str, addressed: Collection[str]
) -> str:
    """Return the visibility of a peer's post: for partners, if addressed to those of its own node."""
    if visibility != "direct":
        return visibility
    collection = await partner_queries.find_collection(tx, author.domain, SCOPE_LOCAL)
    return "partners" if collection is not None and collection in addressed else visibility


async def resolve_edited_visibility(
    tx: ReadTx, author: AccountRow, former: str, visibility: str, addressed: Collection[str]
) -> str:
    """Return the visibility of a peer's post after an edit: never wider than before."""
    # guard: no edit widens @argument2
    return narrower(former, await resolve_visibility(tx, author, visibility, addressed))


async def is_covered_by_agreement(
    tx: ReadTx, author: AccountRow, visibility: str, addressed: Collection[str]
) -> bool:
    """Return True if the agreement with a partner covers a post, even if no member follows its author."""
    if visibility == "public":
        return await partner_queries.find_collection(tx, author.domain, SCOPE_POSTS) is not None
    return await resolve_visibility(tx, author, visibility, addressed) == "partners"


async def is_hidden_from(tx: ReadTx, parent: PostRow, author: AccountRow) -> bool:
    """Return True if a peer answers a post that it cannot have seen."""
    if parent.visibility == "local":
        return True
    return parent.visibility == "partners" and not await is_member(tx, author)


async def list_timeline(tx: ReadTx, viewer_id: int, page: Page) -> list[int]:
    """Return ids of posts by members of partners, public or for partners."""
    names = [row.domain for row in await partner_queries.list_by_state(tx, "agreed")]
    return await timeline_queries.list_by_domains(tx, names, viewer_id, page) if names else []
