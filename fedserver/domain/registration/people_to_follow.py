"""Whom a new member could follow: authors who helped, other members, people at partners."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, NotFoundError
from fedserver.domain.peers import partners
from fedserver.domain.posts import articles
from fedserver.domain.relationships import follows
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import suggestions as suggestion_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow

MAX_PEOPLE = 8  # of each kind: few enough to look at each
MAX_FOLLOWED_AT_ONCE = 4 * MAX_PEOPLE  # more than a page offers


class SuggestedPeople(Struct, frozen=True):
    """Ids of accounts to follow; each is in one list only."""

    authors: list[int]
    members: list[int]
    partners: list[int]


async def load(tx: ReadTx, account: AccountRow) -> SuggestedPeople:
    """Return whom a new member could follow.

    First the authors of the articles that helped most in the last months, then members, then people at
    partners, those who posted last first.
    """
    ranked = await articles.list_helpful(tx, None, "quarter", 3 * MAX_PEOPLE, 0, is_member=True)
    rows = await post_queries.load_by_ids(tx, [post_id for post_id, votes in ranked if votes])
    wanted = [rows[post_id].account_id for post_id, votes in ranked if votes and post_id in rows]
    allowed = await suggestion_queries.load_suggestable(tx, account.id, wanted) if wanted else set()
    authors = [author_id for author_id in dict.fromkeys(wanted) if author_id in allowed][:MAX_PEOPLE]
    local = await suggestion_queries.list_by_domains(tx, account.id, [""], MAX_PEOPLE + len(authors))
    domains = [partner.domain for partner in await partners.list_agreed(tx)]
    remote = await suggestion_queries.list_by_domains(tx, account.id, domains, MAX_PEOPLE) if domains else []
    return SuggestedPeople(authors, [one for one in local if one not in authors][:MAX_PEOPLE], remote)


async def follow(tx: Tx, site: NodeContext, account: AccountRow, ids: Sequence[int]) -> None:
    """Follow several accounts; those that cannot be followed any more are left out."""
    targets = await account_queries.load_by_ids(tx, list(dict.fromkeys(ids))[:MAX_FOLLOWED_AT_ONCE])
    for target in targets:
        try:
            await follows.follow(tx, site, account, target)
        except (ForbiddenError, NotFoundError):
            continue
