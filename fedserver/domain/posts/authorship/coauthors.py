"""Co-authors of an article: members whom its author names, and who are shown when they agree.

They are asked in a private mention, which every app shows. On other servers an article has one author, as
most of them read only one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.posts import posts
from fedserver.domain.timelines import interaction_policies
from fedserver.text.locales import gettext, ngettext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import coauthors as coauthor_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import CoauthorRow, PostRow

MAX_COAUTHORS = 10  # of an article


class Coauthor(Struct, frozen=True):
    """A member who was asked, and whether they agreed."""

    account: AccountView
    is_accepted: bool


async def list_all(tx: ReadTx, post_id: int) -> list[Coauthor]:
    """Return all whom the author of an article named, for the author."""
    rows = await coauthor_queries.list_by_post(tx, post_id)
    views = await account_views.load(tx, [row.account_id for row in rows])
    return [
        Coauthor(view, row.accepted_at is not None)
        for row in rows
        if (view := views.get(row.account_id)) is not None and view.account.suspended_at is None
    ]


async def load_names(tx: ReadTx, account_ids: Sequence[int]) -> list[str]:
    """Return the usernames of members, of those whom the author of a scheduled article named."""
    views = await account_views.load(tx, account_ids)
    return [views[account_id].account.username for account_id in account_ids if account_id in views]


async def list_accepted(tx: ReadTx, post_id: int) -> list[AccountView]:
    """Return the co-authors of an article."""
    return [coauthor.account for coauthor in await list_all(tx, post_id) if coauthor.is_accepted]


async def replace(tx: Tx, site: NodeContext, author: AccountRow, row: PostRow, names: str) -> None:
    """Name the co-authors of an article of `author`; those who are new are asked.

    `names` has their handles, between spaces or commas. Raises InvalidError for one that no member has.
    """
    wanted = await _load_members(tx, site, author, names)
    existing = {named.account_id: named for named in await coauthor_queries.list_by_post(tx, row.id)}
    gone = [named.id for account_id, named in existing.items() if account_id not in wanted]
    if gone:
        await coauthor_queries.delete_by_ids(tx, gone)
    added = [account for account in wanted.values() if account.id not in existing]
    await coauthor_queries.insert(
        tx, [CoauthorRow(tx.new_id(), row.id, account.id, tx.now, None) for account in added]
    )
    for account in added:
        await _request(tx, site, author, row, account)


async def _load_members(
    tx: ReadTx, site: NodeContext, author: AccountRow, names: str
) -> dict[int, AccountRow]:
    """Return the named accounts by id, in their order, without the author. Raises InvalidError."""
    handles = list(
        dict.fromkeys(word.lstrip("@") for word in re.split(r"[\s,،、;]+", names) if word.strip("@"))
    )
    if len(handles) > MAX_COAUTHORS:
        message = ngettext(
            "An article can have at most %(count)s co-author.",
            "An article can have at most %(count)s co-authors.",
            MAX_COAUTHORS,
            count=MAX_COAUTHORS,
        )
        raise InvalidError("coauthors", f"are more than {MAX_COAUTHORS}", "ERR_TOO_LONG", message=message)
    usernames = {handle: _find_username(site, handle) for handle in handles}
    rows = await account_queries.load_by_handles(tx, list(usernames.values()), [""]) if handles else []
    known = {
        row.username.lower(): row
        for row in rows
        if row.suspended_at is None and row.deleted_at is None and row.kind == "Person"
    }
    for handle, username in usernames.items():
        if username not in known:
            message = gettext("There is no member @%(name)s in this community.", name=handle[:100])
            raise InvalidError("coauthors", "have one who is no member", message=message)
    accounts = [known[username] for username in usernames.values()]
    return {account.id: account for account in accounts if account.id != author.id}


def _find_username(site: NodeContext, handle: str) -> str:
    """Return the name in a handle of this node, '' for one of another node."""
    username, _, host = handle.partition("@")
    return username.lower() if site.links.find_account_domain(host) == "" else ""


async def _request(tx: Tx, site: NodeContext, author: AccountRow, row: PostRow, account: AccountRow) -> None:
    """Ask a member in a private mention by the author."""
    address = f"{site.links.base}/@{author.username}/{row.id}/coauthor"
    text = gettext(
        "@%(name)s I named you as a co-author of “%(title)s”. Here you can read it and agree: %(address)s",
        name=account.username,
        title=row.title,
        address=address,
    )
    policy = interaction_policies.encode_policy("public")
    await posts.publish(tx, site, author, posts.Draft(text=text, visibility="direct", policy=policy))


async def get_request(tx: ReadTx, account: AccountRow, post_id: int) -> tuple[PostRow, CoauthorRow]:
    """Return an article and the request to `account` about it. Raises NotFoundError if nobody asked."""
    request = await coauthor_queries.find(tx, post_id, account.id)
    row = await post_queries.find(tx, post_id) if request is not None else None
    # guard: a draft is shown to those whom its author asked @1
    if request is None or row is None:
        raise NotFoundError
    return row, request


async def answer(tx: Tx, account: AccountRow, post_id: int, *, accepts: bool) -> None:
    """Agree to be named with an article, or not, also later. Raises NotFoundError."""
    _, request = await get_request(tx, account, post_id)
    if not accepts:
        await coauthor_queries.delete_by_ids(tx, [request.id])
    elif request.accepted_at is None:
        await coauthor_queries.accept(tx, request.id, tx.now)
