"""The link in the mail that tells someone of their approval: it logs in, once and for the first time only."""

from __future__ import annotations

from fedserver.domain.auth import members, one_time_links
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow

PURPOSE = "approved"
LIFETIME_HOURS = 7 * 24  # who asked to join may not read mail every day


async def create(tx: Tx, member: MemberRow) -> str:
    """Return the token of a new link for a member who was approved."""
    await member_queries.delete_links_by_member(tx, PURPOSE, member.id)
    return await one_time_links.create(tx, PURPOSE, member.id, member.email, hours=LIFETIME_HOURS)


async def check(tx: ReadTx, token: str) -> None:
    """Raise NotFoundError for a link that does not work any more."""
    await one_time_links.get(tx, PURPOSE, token)


async def redeem(tx: Tx, token: str) -> MemberRow | None:
    """Use a link; return the member to log in, None if they have to give their password.

    It proves less than a password, so it counts only until the first log-in, before there can be a second
    step, and for a confirmed address that is still the same. Raises NotFoundError.
    """
    row = await one_time_links.consume(tx, PURPOSE, token)
    member = await members.get(tx, row.member_id or 0)
    is_first = member.active_at is None and member.email_confirmed_at is not None
    # guard: only the first log-in by the mail of the approval
    if not is_first or member.email != row.email or member.approved_at is None:
        return None
    return member
