"""Moderation of accounts: actions of moderators, and their revocation. Each is an entry of the audit log.

docs.joinmastodon.org/methods/admin/accounts#action. An action may be limited in time; a job revokes it then.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.domain.moderation import account_limits, reports, warnings
from fedserver.domain.moderation.moderation_targets import get_target
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import ReportRow

KINDS = ("none", "sensitive", "disable", "silence", "suspend")
# The verb in the audit log that revokes each kind; `none` is only a warning.
REVOCATIONS = {
    "sensitive": "unsensitive",
    "disable": "enable",
    "silence": "unsilence",
    "suspend": "unsuspend",
}
MAX_TEXT = 2_000  # characters
MAX_DAYS = 3_650
DAY_MS = 86_400_000


class ModerationAction(Struct, frozen=True):
    """An action on an account: `kind` is one of KINDS, `days` is 0 for an action without end."""

    kind: str
    text: str = ""
    report_id: int | None = None
    days: int = 0
    notifies_by_mail: bool = False
    hides_reason: bool = False  # in the public log


async def apply(
    tx: Tx, site: NodeContext, moderator: MemberRow | None, account_id: int, action: ModerationAction
) -> LogEntryRow:
    """Apply an action to an account and notify its member; without a moderator the operator acts.

    Raises NotFoundError, ForbiddenError, InvalidError.
    """
    _check_action(action)
    account, member = await get_target(tx, moderator, account_id)
    if action.kind == "disable" and member is None:
        raise InvalidError(
            "type",
            "cannot be disable for an account of another node",
            message=gettext("Only accounts of this server can be disabled. You can suspend this one."),
        )
    report = await reports.find_by_target(tx, action.report_id, account.id)
    expires_at = tx.now + action.days * DAY_MS if action.days and action.kind != "none" else None
    entry = await record(tx, moderator, account, action, report, expires_at=expires_at)
    await account_limits.set_limit(tx, account, member, action.kind)
    await reports.resolve_related(tx, moderator, account.id, report, resolves_all=action.kind != "none")
    if member is not None:
        reported_ids = reports.post_ids(report) if report is not None else ()
        await warnings.store_reported_posts(tx, account, entry, reported_ids)
        await warnings.warn(tx, site, account, member, entry, notifies_by_mail=action.notifies_by_mail)
    if entry.expires_at is not None:
        await jobs.enqueue(tx, jobs.ExpireModerationAction(entry.id, account.id), run_at=entry.expires_at)
    return entry


def _check_action(action: ModerationAction) -> None:
    """Raise InvalidError for an unknown kind and a time that is too long."""
    if action.kind not in KINDS:
        raise InvalidError(
            "type", f"must be one of {', '.join(KINDS)}", message=gettext("Please choose what to do.")
        )
    if not 0 <= action.days <= MAX_DAYS:
        raise InvalidError(
            "days",
            f"must be from 0 to {MAX_DAYS}",
            message=gettext("Please enter a number of days from 0 to %(max)s.", max=MAX_DAYS),
        )


async def record(
    tx: Tx,
    moderator: MemberRow | None,
    account: AccountRow,
    action: ModerationAction,
    report: ReportRow | None,
    *,
    expires_at: int | None = None,
) -> LogEntryRow:
    """Add an action on an account or its posts to the audit log, before it is applied.

    `expires_at` is when it ends (ms UTC).
    """
    text = clean_lines("text", action.text, MAX_TEXT).strip()
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
        expires_at=expires_at,
    )


async def revoke(
    tx: Tx,
    moderator: MemberRow | None,
    account_id: int,
    kind: str,
    reason: str = "",
    *,
    role: str = audit_log.OPERATOR,
) -> None:
    """Revoke an action; nothing happens if it is not in effect. Raises NotFoundError, ForbiddenError."""
    account, member = await get_target(tx, moderator, account_id)
    if not account_limits.is_set(account, member, kind):
        return
    entry = await audit_log.find_active(tx, account.uri, f"account.{kind}")
    text = clean_lines("reason", reason, MAX_TEXT).strip()
    await audit_log.record(
        tx,
        moderator,
        f"account.{REVOCATIONS[kind]}",
        target=account.uri,
        subject=audit_log.build_account_subject(account),
        reason=text,
        shows_reason=not audit_log.identifies_account(account, text),
        role=role,
        undoes_id=entry.id if entry is not None else None,
    )
    await account_limits.clear_limit(tx, account, member, kind)


async def expire(tx: Tx, entry_id: int, account_id: int) -> None:
    """Revoke an action whose time is over, unless it was revoked or replaced before."""
    entry = (await audit_log.load_by_ids(tx, [entry_id])).get(entry_id)
    if entry is None:
        return
    kind = entry.verb.removeprefix("account.")
    latest = await audit_log.find_active(tx, entry.target, entry.verb)
    if latest is None and not await account_limits.is_inherited(tx, account_id, entry, kind):
        return
    if latest is not None and latest.id != entry.id:
        return
    try:
        await revoke(tx, None, account_id, kind, "its time was over", role=audit_log.NODE)
    except NotFoundError:
        return  # the account was deleted in the meantime
