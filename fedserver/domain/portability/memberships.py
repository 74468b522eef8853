"""What admins do with members: another role, a link to a new password, an archive, permanent deletion."""

from __future__ import annotations

from fedserver.domain.audit_log import audit_log
from fedserver.domain.auth import members, one_time_links
from fedserver.domain.kernel import roles
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.domain.moderation import account_limits, purges
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow

MAX_REASON = 500  # characters
LINK_HOURS = 48  # a link to a new password is passed on by hand, which may take a night


async def get_subject(tx: ReadTx, admin: MemberRow, account_id: int) -> tuple[AccountRow, MemberRow]:
    """Return a member that an admin may administer, and the account.

    Raises NotFoundError; ForbiddenError for oneself, and for members whose role the admin may not give.
    """
    account = await account_queries.find(tx, account_id)
    member = await member_queries.find_by_account(tx, account_id)
    if account is None or account.domain or account.deleted_at is not None or member is None:
        raise NotFoundError
    if member.id == admin.id:
        raise ForbiddenError(gettext("You cannot do this with your own account. Please ask an owner."))
    if member.role not in roles.list_grantable(admin.role):
        raise ForbiddenError(
            gettext("This member has the same role as you or a higher one. Ask an owner to decide.")
        )
    return account, member


async def change_role(tx: Tx, admin: MemberRow, account_id: int, role: str, reason: str) -> None:
    """Give a member another role. Raises InvalidError, and what `get_subject` raises.

    A role that the member has already changes nothing, so a form may be sent twice.
    """
    account, member = await get_subject(tx, admin, account_id)
    if role not in roles.list_grantable(admin.role):
        text = gettext("Please choose a role that you may give.")
        raise InvalidError("role", f"must be one of {', '.join(members.ROLES)}", message=text)
    why = _clean_reason(reason)
    if role != member.role:
        await _record(tx, admin, account, "role", f"{member.role} → {role}. {why}".removesuffix(". "))
        await members.set_role(tx, member, role)


async def create_password_link(tx: Tx, admin: MemberRow, account_id: int, reason: str) -> str:
    """Return the token of a link with which a member chooses a new password; earlier links end.

    Raises InvalidError, and what `get_subject` raises.
    """
    account, member = await get_subject(tx, admin, account_id)
    why = _clean_reason(reason)
    if not member.password_hash:
        text = gettext("This member logs in with the account of the organization and has no password here.")
        raise InvalidError("base", "logs in with the identity provider only", message=text)
    await _record(tx, admin, account, "password_link", why)
    await member_queries.delete_links_by_member(tx, "reset", member.id)
    return await one_time_links.create(tx, "reset", member.id, member.email, hours=LINK_HOURS)


async def delete(tx: Tx, admin: MemberRow, account_id: int, typed_name: str, reason: str) -> None:
    """Delete a member with everything that they posted; `typed_name` has to be the username.

    Raises InvalidError, ForbiddenError for the last owner, and what `get_subject` raises.
    """
    account, member = await get_subject(tx, admin, account_id)
    if typed_name.strip().lstrip("@").lower() != account.username.lower():
        text = gettext("Please type the username %(name)s to confirm.", name=account.username)
        raise InvalidError("typed_name", "is not the username", message=text)
    why = _clean_reason(reason)
    await _record(tx, admin, account, "delete", why)
    await account_limits.set_limit(tx, account, member, "suspend")
    await purges.purge(tx, admin, account.id, why)


def _clean_reason(reason: str) -> str:
    text = clean_lines("reason", reason, MAX_REASON).strip()
    if not text:
        message = gettext("Please write why. It is recorded in the log.")
        raise InvalidError("reason", "can't be blank", "ERR_BLANK", message=message)
    return text


async def _record(tx: Tx, admin: MemberRow, account: AccountRow, verb: str, reason: str) -> None:
    await audit_log.record(
        tx,
        admin,
        f"member.{verb}",
        target=account.uri,
        reason=reason,
        shows_reason=not audit_log.identifies_account(account, reason),
    )


async def record_export(tx: Tx, admin: MemberRow) -> None:
    """Record that an admin exported the list of members, which holds their mail addresses."""
    await audit_log.record(tx, admin, "member.export", target="members")


async def record_archive(tx: Tx, admin: MemberRow, account: AccountRow) -> None:
    """Record that an admin had the archive of a member prepared."""
    await audit_log.record(tx, admin, "member.archive", target=account.uri)
