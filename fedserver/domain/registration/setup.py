"""The first owner, by a link that whoever started the node gets."""

from __future__ import annotations

from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.auth import members, one_time_links
from fedserver.domain.kernel.context import Site
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow


async def setup_link(tx: Tx) -> str | None:
    """The word for the link that makes the first owner; None if there is a member already.

    An earlier one stops working.
    """
    if await member_queries.count(tx):
        return None
    await member_queries.drop_links(tx, "setup")
    return await one_time_links.new(tx, "setup", None, "", hours=24)


async def create_owner(
    tx: Tx, site: Site, token: str, username: str, email: str, password_hash: str, new: NewKeys
) -> MemberRow:
    """The first owner, by the set-up link. Raises NotFound, Invalid."""
    await one_time_links.use(tx, "setup", token)
    member, _ = await members.add(
        tx, site, username, email, password_hash, new, role="owner", by_operator=False
    )
    return member
