"""What moderators do to accounts, and how they take it back. Each act is a row; undoing one is another.

docs.joinmastodon.org/methods/admin/accounts#action. An act may hold for a time: it lifts itself then.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from fedserver.domain.auth import member_access, members
from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.moderation import reports, warnings
from fedserver.domain.peers import severances
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import ReportRow

KINDS = ("none", "sensitive", "disable", "silence", "suspend")
REVOCATIONS = {
    "sensitive": "unsensitive",
    "disable": "enable",
    "silence": "unsilence",
    "suspend": "unsuspend",
}
LIMIT_COLUMNS = {"sensitive": "sensitized_at", "silence": "silenced_at", "suspend": "suspended_at"}
MAX_TEXT = 2_000
MAX_DAYS = 3_650
DAY_MS = 86_400_000


class ModerationAction(Struct, frozen=True):
    """What is to be done to an account: `kind` is one of KINDS, `days` 0 for until further notice."""

    kind: str
    text: str = ""
    report_id: int | None = None
    days: int = 0
    notifies_by_mail: bool = False
    hides_reason: bool = False  # in the public log


async def get_target(
    tx: Tx, moderator: MemberRow | None, account_id: int
) -> tuple[AccountRow, MemberRow | None]:
    """An account that may be acted on, and the member behind it. Without a moderator it is the operator.

    Raises NotFound; Forbidden for oneself, and for members of the same or a higher role.
    """
    account = await account_queries.find(tx, account_id)
    if account is None or account.deleted_at is not None:
        raise NotFoundError
    if not account.domain and account.kind == "Application":
        raise ForbiddenError("This account belongs to the node itself")
    member = None if account.domain else await member_queries.find_by_account(tx, account.id)
    if moderator is not None and member is not None:
        if member.id == moderator.id:
            raise ForbiddenError("Nobody moderates themselves")
        if member.role != "member" and not members.outranks(moderator, member):
            raise ForbiddenError("This member's role is not below yours")
    return account, member


async def apply(
    tx: Tx, site: NodeContext, moderator: MemberRow | None, account_id: int, action: ModerationAction
) -> LogEntryRow:
    """Do something to an account and tell its member. Raises NotFound, Forbidden, Invalid."""
    if action.kind not in KINDS:
        raise InvalidError("type", f"must be one of {', '.join(KINDS)}")
    if not 0 <= action.days <= MAX_DAYS:
        raise InvalidError("days", f"must be from 0 to {MAX_DAYS}")
    account, member = await get_target(tx, moderator, account_id)
    if action.kind == "disable" and member is None:
        raise InvalidError("type", "cannot be disable for an account of another node")
    report = (
        await reports.get_by_target(tx, action.report_id, account.id)
        if action.report_id is not None
        else None
    )
    until = tx.now + action.days * DAY_MS if action.days and action.kind != "none" else None
    row = await record(tx, moderator, account, action, report, until=until)
    await _set_limit(tx, account, member, action.kind)
    await reports.resolve_related(tx, moderator, account.id, report, resolves_all=action.kind != "none")
    if member is not None:
        await warnings.warn(tx, site, account, member, row, notifies_by_mail=action.notifies_by_mail)
    if row.expires_at is not None:
        await jobs.enqueue(tx, jobs.ExpireModerationAction(row.id, account.id), run_at=row.expires_at)
    tx.emit(events.ACCOUNT_CHANGED, account_id=account.id)
    return row


async def record(
    tx: Tx,
    moderator: MemberRow | None,
    account: AccountRow,
    action: ModerationAction,
    report: ReportRow | None,
    *,
    until: int | None = None,
) -> LogEntryRow:
    """Write down what is done to an account or its posts: before it is done, see `acts.add`."""
    text = clean_text(action.text, MAX_TEXT).strip()
    return await audit_log.record(
        tx,
        moderator,
        f"account.{action.kind}",
        target=account.uri,
        subject=audit_log.build_account_subject(account),
        rule=reports.encode_rules(report) if report is not None else "",
        reason=text,
        # guard: the log: names @true
        shows_reason=not (action.hides_reason or audit_log.identifies_account(account, text)),
        expires_at=until,
    )


async def _set_limit(tx: Tx, account: AccountRow, member: MemberRow | None, kind: str) -> None:
    if kind in LIMIT_COLUMNS and getattr(account, LIMIT_COLUMNS[kind]) is None:
        await account_queries.set_limit(tx, account.id, LIMIT_COLUMNS[kind], tx.now)
        if kind == "suspend":
            await _cut_off(tx, account, member)
    elif kind == "disable" and member is not None:
        await member_access.set_disabled(tx, member, disabled=True)


async def _cut_off(tx: Tx, account: AccountRow, member: MemberRow | None) -> None:
    """A suspended account has no follows and nobody acts as it."""
    handle = f"{account.username}@{account.domain}" if account.domain else account.username
    await severances.sever(tx, tx.now, "account_suspension", handle, notify_peers=True)
    if member is not None:
        await member_access.log_out(tx, member)


async def revoke(
    tx: Tx,
    moderator: MemberRow | None,
    account_id: int,
    kind: str,
    reason: str = "",
    *,
    role: str = audit_log.OPERATOR,
) -> AccountRow:
    """Take an act back; nothing happens if it is not in force. Raises NotFound, Forbidden."""
    account, member = await get_target(tx, moderator, account_id)
    disabled = member is not None and member.disabled_at is not None
    in_force = disabled if kind == "disable" else getattr(account, LIMIT_COLUMNS[kind]) is not None
    if in_force:
        undone = await audit_log.find_active(tx, account.uri, f"account.{kind}")
        text = clean_text(reason, MAX_TEXT).strip()
        await audit_log.record(
            tx,
            moderator,
            f"account.{REVOCATIONS[kind]}",
            target=account.uri,
            subject=audit_log.build_account_subject(account),
            reason=text,
            shows_reason=not audit_log.identifies_account(account, text),
            role=role,
            undoes_id=undone.id if undone is not None else None,
        )
        if kind in LIMIT_COLUMNS:
            await account_queries.set_limit(tx, account.id, LIMIT_COLUMNS[kind], None)
        elif member is not None:
            await member_access.set_disabled(tx, member, disabled=False)
        tx.emit(events.ACCOUNT_CHANGED, account_id=account.id)
    found = await account_queries.find(tx, account.id)
    assert found is not None
    return found


async def expire(tx: Tx, entry_id: int, account_id: int) -> None:
    """The time of an act is over: lift it, unless it was lifted or renewed meanwhile."""
    row = (await audit_log.load_by_ids(tx, [entry_id])).get(entry_id)
    if row is None:
        return
    latest = await audit_log.find_active(tx, row.target, row.verb)
    if latest is not None and latest.id == row.id:
        try:
            await revoke(
                tx,
                None,
                account_id,
                row.verb.removeprefix("account."),
                "its time was over",
                role=audit_log.NODE,
            )
        except NotFoundError:
            return  # the account was deleted meanwhile
