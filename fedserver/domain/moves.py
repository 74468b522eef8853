"""Other accounts that somebody has, and leaving for good.

An alias says that an account elsewhere is the same person's: that account may then move here.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain import accounts, members
from fedserver.domain.words import Invalid, Site
from storage import AccountRow, MemberRow, Tx, queries

MOST_ALIASES = 10


async def set_aliases(tx: Tx, site: Site, actor: AccountRow, others: Sequence[AccountRow]) -> AccountRow:
    """Make these the aliases of `actor` and owe peers the news. Raises Invalid."""
    uris = tuple(dict.fromkeys(each.uri for each in others))
    if len(uris) > MOST_ALIASES:
        raise Invalid("also_known_as_uris", f"are more than {MOST_ALIASES}", "ERR_TOO_LONG")
    if actor.uri in uris:
        raise Invalid("also_known_as_uris", "must be other accounts than this one")
    return await accounts.update_profile(tx, site, actor, accounts.ProfileChange(also_known_as=uris))


async def leave(tx: Tx, member: MemberRow, actor: AccountRow) -> None:
    """Delete an account and, with the one they began with, what is kept of the member.

    Raises Forbidden for the last owner.
    """
    row = await accounts.by_id(tx, actor.id)
    if await queries.members.main_account(tx, member.id) != row.id:
        await accounts.delete_local(tx, row)
        return
    await members.set_disabled(tx, member, disabled=True)
    await accounts.delete_local(tx, row)
    await queries.members.remove(tx, member.id)
