"""Posts for partners only (visibility `partners`).

Local members see them, and members of partner nodes whose agreement has the scope `local`. They are addressed
to the `/partners` collection of the node's own actor and delivered to the partners' shared inboxes.
"""

from __future__ import annotations

from collections.abc import Collection

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.timelines.visibility import SCOPE_PARTNER_POSTS, is_partner, narrower
from fedserver.text.locales import gettext
from storage.engine import Page, ReadTx
from storage.queries.accounts import accounts as account_queries
from storage.queries.peers import partners as partner_queries
from storage.queries.timelines import timelines as timeline_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

# Scope of an agreement: store the partner's public posts, even if no member follows their authors.
SCOPE_POSTS = "posts"
NO_VIEWER_ID = -1  # no account has it: a visitor hides nobody


async def check_visibility(tx: ReadTx, visibility: str) -> None:
    """Raise InvalidError if the visibility is `partners` and no partner receives such posts."""
    if visibility == "partners" and not await has_recipients(tx):
        message = gettext("No partner receives posts for partners yet. Please choose another visibility.")
        raise InvalidError("visibility", "needs a partner that takes posts for partners", message=message)


async def has_recipients(tx: ReadTx) -> bool:
    """Return True if there is a partner that receives posts for partners."""
    return bool(await partner_queries.load_inboxes(tx, SCOPE_PARTNER_POSTS))


async def belongs_to_partner(tx: ReadTx, account: AccountRow) -> bool:
    """Return True if the account is on a partner node whose members may see posts for partners."""
    return await is_partner(tx, account.domain)


async def belongs_to_partner_by_id(tx: ReadTx, account_id: int) -> bool:
    """Return True if the account with this id is on such a partner node."""
    account = await account_queries.find(tx, account_id)
    return account is not None and await belongs_to_partner(tx, account)


async def resolve_visibility(
    tx: ReadTx, author: AccountRow, visibility: str, addressed_uris: Collection[str]
) -> str:
    """Return `partners` for a peer's post that is addressed to its node's partners, else `visibility`."""
    # A post to that collection alone names neither Public nor followers: it was read as direct.
    if visibility != "direct":
        return visibility
    collection = await partner_queries.find_collection(tx, author.domain, SCOPE_PARTNER_POSTS)
    return "partners" if collection is not None and collection in addressed_uris else visibility


async def resolve_edited_visibility(
    tx: ReadTx, author: AccountRow, previous: str, visibility: str, addressed_uris: Collection[str]
) -> str:
    """Return the visibility of a peer's post after an edit: never wider than before."""
    # An edit must not show a post to people who could not see it before.
    # guard: no edit widens @argument2
    return narrower(previous, await resolve_visibility(tx, author, visibility, addressed_uris))


async def is_covered_by_agreement(
    tx: ReadTx, author: AccountRow, visibility: str, addressed_uris: Collection[str]
) -> bool:
    """Return True if a partner's agreement asks to store the post, even if no member follows its author."""
    if visibility == "public":
        return await partner_queries.find_collection(tx, author.domain, SCOPE_POSTS) is not None
    return await resolve_visibility(tx, author, visibility, addressed_uris) == "partners"


async def is_hidden_from(tx: ReadTx, parent: PostRow, author: AccountRow) -> bool:
    """Return True if `author`, on a peer, cannot have seen `parent`: it is local, or for partners only.

    Followers-only and direct posts are not judged here.
    """
    if parent.visibility == "local":
        return True
    return parent.visibility == "partners" and not await belongs_to_partner(tx, author)


async def list_public(tx: ReadTx, page: Page) -> list[int]:
    """Return what `list_timeline` does for a visitor; loading the posts leaves out those for partners."""
    return await list_timeline(tx, NO_VIEWER_ID, page)


async def list_timeline(tx: ReadTx, viewer_id: int, page: Page) -> list[int]:
    """Return ids of public posts and posts for partners by members of every partner, whatever its scopes."""
    domains = [row.domain for row in await partner_queries.list_by_state(tx, "agreed")]
    return await timeline_queries.list_by_domains(tx, domains, viewer_id, page) if domains else []
