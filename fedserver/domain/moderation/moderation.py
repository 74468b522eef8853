"""What moderators do to accounts, and how they take it back. Each act is a row; undoing one is another.

docs.joinmastodon.org/methods/admin/accounts#action. An act may hold for a time: it lifts itself then.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from fedserver.domain.auth import members
from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import Forbidden, Invalid, NotFound
from fedserver.domain.moderation import reports, warnings
from fedserver.domain.peers import severances
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import ActRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import ReportRow

KINDS = ("none", "sensitive", "disable", "silence", "suspend")
LIFTS = {
    "sensitive": "unsensitive",
    "disable": "enable",
    "silence": "unsilence",
    "suspend": "unsuspend",
}
LIMITS = {"sensitive": "sensitized_at", "silence": "silenced_at", "suspend": "suspended_at"}
MAX_TEXT = 2_000
MAX_DAYS = 3_650
DAY = 86_400_000


class Order(Struct, frozen=True):
    """What is to be done to an account: `kind` is one of KINDS, `days` 0 for until further notice."""

    kind: str
    text: str = ""
    report_id: int | None = None
    days: int = 0
    mails: bool = False
    hides_reason: bool = False  # in the public log


async def target(tx: Tx, moderator: MemberRow | None, account_id: int) -> tuple[AccountRow, MemberRow | None]:
    """An account that may be acted on, and the member behind it. Without a moderator it is the operator.

    Raises NotFound; Forbidden for oneself, and for members of the same or a higher role.
    """
    account = await account_queries.by_id(tx, account_id)
    if account is None or account.deleted_at is not None:
        raise NotFound
    if not account.domain and account.kind == "Application":
        raise Forbidden("This account belongs to the node itself")
    member = None if account.domain else await member_queries.by_account(tx, account.id)
    if moderator is not None and member is not None:
        if member.id == moderator.id:
            raise Forbidden("Nobody moderates themselves")
        if member.role != "member" and not members.outranks(moderator, member):
            raise Forbidden("This member's role is not below yours")
    return account, member


async def act(tx: Tx, site: Site, moderator: MemberRow | None, account_id: int, order: Order) -> ActRow:
    """Do something to an account and tell its member. Raises NotFound, Forbidden, Invalid."""
    if order.kind not in KINDS:
        raise Invalid("type", f"must be one of {', '.join(KINDS)}")
    if not 0 <= order.days <= MAX_DAYS:
        raise Invalid("days", f"must be from 0 to {MAX_DAYS}")
    account, member = await target(tx, moderator, account_id)
    if order.kind == "disable" and member is None:
        raise Invalid("type", "cannot be disable for an account of another node")
    report = await reports.about(tx, order.report_id, account.id) if order.report_id is not None else None
    until = tx.now + order.days * DAY if order.days and order.kind != "none" else None
    row = await note(tx, moderator, account, order, report, until=until)
    await _apply(tx, account, member, order.kind)
    await reports.settle(tx, moderator, account.id, report, every=order.kind != "none")
    if member is not None:
        await warnings.warn(tx, site, account, member, row, mails=order.mails)
    if row.expires_at is not None:
        await jobs.owe(tx, jobs.LiftAct(row.id, account.id), run_at=row.expires_at)
    tx.emit(events.ACCOUNT_CHANGED, account_id=account.id)
    return row


async def note(
    tx: Tx,
    moderator: MemberRow | None,
    account: AccountRow,
    order: Order,
    report: ReportRow | None,
    *,
    until: int | None = None,
) -> ActRow:
    """Write down what is done to an account or its posts: before it is done, see `acts.add`."""
    text = clean_text(order.text, MAX_TEXT).strip()
    return await audit_log.add(
        tx,
        moderator,
        f"account.{order.kind}",
        target=account.uri,
        subject=audit_log.of_account(account),
        rule=reports.rules_of(report) if report is not None else "",
        reason=text,
        # guard: the log: names @true
        shows_reason=not (order.hides_reason or audit_log.names(account, text)),
        expires_at=until,
    )


async def _apply(tx: Tx, account: AccountRow, member: MemberRow | None, kind: str) -> None:
    if kind in LIMITS and getattr(account, LIMITS[kind]) is None:
        await account_queries.set_limit(tx, account.id, LIMITS[kind], tx.now)
        if kind == "suspend":
            await _shut_out(tx, account, member)
    elif kind == "disable" and member is not None:
        await members.set_disabled(tx, member, disabled=True)


async def _shut_out(tx: Tx, account: AccountRow, member: MemberRow | None) -> None:
    """A suspended account has no follows and nobody acts as it."""
    handle = f"{account.username}@{account.domain}" if account.domain else account.username
    await severances.sever(tx, tx.now, "account_suspension", handle, tells_peers=True)
    if member is not None:
        await members.log_out(tx, member)


async def lift(
    tx: Tx,
    moderator: MemberRow | None,
    account_id: int,
    kind: str,
    reason: str = "",
    *,
    role: str = audit_log.OPERATOR,
) -> AccountRow:
    """Take an act back; nothing happens if it is not in force. Raises NotFound, Forbidden."""
    account, member = await target(tx, moderator, account_id)
    disabled = member is not None and member.disabled_at is not None
    in_force = disabled if kind == "disable" else getattr(account, LIMITS[kind]) is not None
    if in_force:
        undone = await audit_log.in_force(tx, account.uri, f"account.{kind}")
        text = clean_text(reason, MAX_TEXT).strip()
        await audit_log.add(
            tx,
            moderator,
            f"account.{LIFTS[kind]}",
            target=account.uri,
            subject=audit_log.of_account(account),
            reason=text,
            shows_reason=not audit_log.names(account, text),
            role=role,
            undoes_id=undone.id if undone is not None else None,
        )
        if kind in LIMITS:
            await account_queries.set_limit(tx, account.id, LIMITS[kind], None)
        elif member is not None:
            await members.set_disabled(tx, member, disabled=False)
        tx.emit(events.ACCOUNT_CHANGED, account_id=account.id)
    found = await account_queries.by_id(tx, account.id)
    assert found is not None
    return found


async def lapse(tx: Tx, act_id: int, account_id: int) -> None:
    """The time of an act is over: lift it, unless it was lifted or renewed meanwhile."""
    row = (await audit_log.by_ids(tx, [act_id])).get(act_id)
    if row is None:
        return
    latest = await audit_log.in_force(tx, row.target, row.verb)
    if latest is not None and latest.id == row.id:
        try:
            await lift(
                tx,
                None,
                account_id,
                row.verb.removeprefix("account."),
                "its time was over",
                role=audit_log.NODE,
            )
        except NotFound:
            return  # the account was deleted meanwhile
