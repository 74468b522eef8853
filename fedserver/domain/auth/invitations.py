"""Invitations: links to join, with a number of uses and an expiry date; members have a budget."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.kernel.secrets import hash_secret, new_secret
from fedserver.domain.kernel.written_texts import clean_line
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.auth import invitations as invitation_queries
from storage.queries.auth import members as member_queries
from storage.rows.auth import InvitationRow, MemberRow

DAY_MS = 86_400_000
MAX_USES = 100  # of one link: larger groups get several, so that each can be revoked
MAX_LISTED = 200
MAX_NOTE = 100  # characters


class NewInvitation(Struct, frozen=True):
    """An invitation just created; its code is not stored and known only here."""

    row: InvitationRow
    code: str


async def create(
    tx: Tx, member: MemberRow, *, uses: int = 1, days: int | None = 30, note: str = ""
) -> NewInvitation:
    """Create an invitation; its uses are taken from a plain member's budget.

    Raises ForbiddenError, InvalidError.
    """
    if not 1 <= uses <= MAX_USES:
        raise InvalidError("uses", f"must be from 1 to {MAX_USES}")
    if days is not None and not 1 <= days <= 365:
        raise InvalidError("days", "must be from 1 to 365")
    if member.role == "member" and not await member_queries.spend_invites(tx, member.id, uses):
        raise ForbiddenError(gettext("You do not have that many invitations left."))
    code = new_secret()
    row = InvitationRow(
        id=tx.new_id(),
        code_hash=hash_secret(code),
        code_hint=code[:4],
        created_by_id=member.id,
        note=clean_line("note", note, MAX_NOTE),
        max_uses=uses,
        uses=0,
        created_at=tx.now,
        expires_at=None if days is None else tx.now + days * DAY_MS,
        revoked_at=None,
    )
    await invitation_queries.insert(tx, row)
    return NewInvitation(row, code)


async def find_valid(tx: ReadTx, code: str) -> InvitationRow | None:
    """Return a valid invitation by its code; None if it is unknown, used up, expired or revoked."""
    row = await invitation_queries.find_by_hash(tx, hash_secret(code)) if 0 < len(code) <= 200 else None
    if row is None or row.revoked_at is not None:
        return None
    if row.expires_at is not None and row.expires_at <= tx.now:
        return None
    return row if row.max_uses is None or row.uses < row.max_uses else None


async def redeem(tx: Tx, code: str) -> InvitationRow:
    """Use an invitation. Raises InvalidError if it is not valid."""
    row = await find_valid(tx, code)
    if row is None or not await invitation_queries.mark_used(tx, row.id):
        raise InvalidError("invitation", "is not valid any more. Please ask for a new link.")
    return row


async def list_by_member(tx: ReadTx, member: MemberRow) -> list[InvitationRow]:
    """Return the invitations of a member."""
    return await invitation_queries.list_by_member(tx, member.id)


async def revoke(tx: Tx, member: MemberRow, invitation_id: int) -> None:
    """Revoke an invitation; the uses that are left return to the budget.

    Raises NotFoundError for an invitation of another member.
    """
    if not await invitation_queries.revoke(tx, invitation_id, member.id):
        raise NotFoundError
    row = await invitation_queries.find(tx, invitation_id)
    if row is not None and row.max_uses is not None and member.role == "member":
        await member_queries.spend_invites(tx, member.id, row.uses - row.max_uses)


class InvitationView(Struct, frozen=True):
    """An invitation and the name of the member who created it, '' if they are gone."""

    row: InvitationRow
    by: str


async def list_all(tx: ReadTx) -> list[InvitationView]:
    """Return the latest invitations of all members."""
    rows = await invitation_queries.list_latest(tx, MAX_LISTED)
    names = await member_queries.load_names(tx, list({row.created_by_id or 0 for row in rows}))
    return [InvitationView(row, names.get(row.created_by_id or 0, "")) for row in rows]


async def revoke_as_moderator(tx: Tx, moderator: MemberRow, invitation_id: int) -> None:
    """Revoke the invitation of any member, and log it. Raises NotFoundError."""
    row = await invitation_queries.find(tx, invitation_id)
    if row is None or row.created_by_id is None:
        raise NotFoundError
    await invitation_queries.revoke(tx, invitation_id, row.created_by_id)
    await audit_log.record(tx, moderator, "invitation.revoke", target=f"invitation:{row.id}", reason=row.note)


async def revoke_all(tx: Tx, member_id: int) -> None:
    """Revoke all invitations of a member."""
    await invitation_queries.revoke_all(tx, member_id)
