"""The first owner, by a link that whoever started the node gets."""

from __future__ import annotations

from fedserver.domain import members, one_time_links
from fedserver.domain.keys import NewKeys
from fedserver.domain.site import Site
from storage import MemberRow, Tx, queries


async def setup_link(tx: Tx) -> str | None:
    """The word for the link that makes the first owner; None if there is a member already.

    An earlier one stops working.
    """
    if await queries.members.count(tx):
        return None
    await queries.members.drop_links(tx, "setup")
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
