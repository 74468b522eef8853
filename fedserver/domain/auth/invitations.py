"""Invitations: a link that lets people in, with a number of uses and an end; members have a budget."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.errors import Forbidden, Invalid, NotFound
from fedserver.domain.kernel.secrets import hashed, new_secret
from fedserver.text.sanitize import clean_name
from storage.engine import Tx
from storage.queries.auth import invitations as invitation_queries
from storage.queries.auth import members as member_queries
from storage.rows.auth import InvitationRow, MemberRow

DAY = 86_400_000
MOST_USES = 100
MOST_LISTED = 200


class NewInvitation(Struct, frozen=True):
    """An invitation just made: its code is known only here."""

    row: InvitationRow
    code: str


async def create(
    tx: Tx, member: MemberRow, *, uses: int = 1, days: int | None = 30, note: str = ""
) -> NewInvitation:
    """Invite; a plain member's budget shrinks by the uses. Raises Forbidden, Invalid."""
    if not 1 <= uses <= MOST_USES:
        raise Invalid("uses", f"must be from 1 to {MOST_USES}")
    if days is not None and not 1 <= days <= 365:
        raise Invalid("days", "must be from 1 to 365")
    if member.role == "member" and not await member_queries.spend_invites(tx, member.id, uses):
        raise Forbidden("You have not that many invitations left")
    code = new_secret()
    row = InvitationRow(
        id=tx.new_id(),
        code_hash=hashed(code),
        code_hint=code[:4],
        created_by_id=member.id,
        note=clean_name(note, 100),
        max_uses=uses,
        uses=0,
        created_at=tx.now,
        expires_at=None if days is None else tx.now + days * DAY,
        revoked_at=None,
    )
    await invitation_queries.add(tx, row)
    return NewInvitation(row, code)


async def find(tx: Tx, code: str) -> InvitationRow | None:
    """An invitation that still lets people in, by its code."""
    row = await invitation_queries.by_hash(tx, hashed(code)) if 0 < len(code) <= 200 else None
    if row is None or row.revoked_at is not None:
        return None
    if row.expires_at is not None and row.expires_at <= tx.now:
        return None
    return row if row.max_uses is None or row.uses < row.max_uses else None


async def use(tx: Tx, code: str) -> InvitationRow:
    """Use an invitation. Raises Invalid if it does not let anybody in any more."""
    row = await find(tx, code)
    if row is None or not await invitation_queries.use(tx, row.id):
        raise Invalid("invitation", "is not valid any more. Ask for a new link.")
    return row


async def of_member(tx: Tx, member: MemberRow) -> list[InvitationRow]:
    return await invitation_queries.of_member(tx, member.id)


async def revoke(tx: Tx, member: MemberRow, invitation_id: int) -> None:
    """Take an invitation back; the uses that are left return to the budget.

    Raises NotFound for anybody else's.
    """
    if not await invitation_queries.revoke(tx, invitation_id, member.id):
        raise NotFound
    row = await invitation_queries.by_id(tx, invitation_id)
    if row is not None and row.max_uses is not None and member.role == "member":
        await member_queries.spend_invites(tx, member.id, row.uses - row.max_uses)


class GivenInvitation(Struct, frozen=True):
    """An invitation and the name of whoever gave it, '' if they are gone."""

    row: InvitationRow
    by: str


async def everybodys(tx: Tx) -> list[GivenInvitation]:
    """The latest invitations of all members."""
    rows = await invitation_queries.latest(tx, MOST_LISTED)
    names = await member_queries.names(tx, list({row.created_by_id or 0 for row in rows}))
    return [GivenInvitation(row, names.get(row.created_by_id or 0, "")) for row in rows]


async def revoke_any(tx: Tx, moderator: MemberRow, invitation_id: int) -> None:
    """A moderator takes somebody's invitation back. Raises NotFound."""
    row = await invitation_queries.by_id(tx, invitation_id)
    if row is None or row.created_by_id is None:
        raise NotFound
    await invitation_queries.revoke(tx, invitation_id, row.created_by_id)
    await audit_log.add(tx, moderator, "invitation.revoke", target=f"invitation:{row.id}", reason=row.note)


async def revoke_all(tx: Tx, member_id: int) -> None:
    """Take back whatever a member has handed out."""
    await invitation_queries.revoke_all(tx, member_id)
