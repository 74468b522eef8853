"""The first owner, who joins by the set-up link that the server prints at its first start."""

from __future__ import annotations

from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.auth import members, one_time_links
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.registration import member_locales
from fedserver.text.locales import current_locale
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow


async def create_token(tx: Tx) -> str | None:
    """Return a token for the link that creates the first owner; None if there is a member.

    Earlier tokens stop working.
    """
    if await member_queries.count_all(tx):
        return None
    await member_queries.delete_links(tx, "setup")
    return await one_time_links.create(tx, "setup", None, "", hours=24)


async def create_owner(
    tx: Tx, site: NodeContext, token: str, username: str, email: str, password_hash: str, new: NewKeys
) -> MemberRow:
    """Create the first owner with the token of the set-up link. Raises NotFoundError, InvalidError."""
    await one_time_links.consume(tx, "setup", token)
    member, _ = await members.create_approved(
        tx, site, username, email, password_hash, new, role="owner", by_operator=False
    )
    return await member_locales.keep_locale(tx, member, current_locale())
