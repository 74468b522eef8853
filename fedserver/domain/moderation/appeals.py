"""Appeals: members say that an act about them was wrong, once within 20 days; moderators look at it again.

docs.joinmastodon.org/entities/Appeal. Somebody else than who decided should look at it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.moderation import admin_accounts, moderation, post_moderation, warnings
from fedserver.domain.moderation.admin_accounts import AdminAccountView
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.paging import Page
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.auth import members as member_queries
from storage.queries.moderation import appeals as appeal_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryPostRow, LogEntryRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import AppealRow

MAX_TEXT = 2_000
STATES = ("open", "decided")


class AppealView(Struct, frozen=True):
    """An appeal with the act it is against, and the names of who did that and who decided about the appeal.

    `own`: the act is of the moderator who looks.
    """

    row: AppealRow
    act: LogEntryRow
    target: AdminAccountView
    by: str
    decided_by: str
    own: bool
    posts: tuple[LogEntryPostRow, ...]


class AppealDecision(Struct, frozen=True):
    """What is decided about an appeal; `sure`: by the one who acted, and there is nobody else."""

    approved: bool
    answer: str = ""
    is_confirmed: bool = False


def render_state(row: AppealRow) -> str:
    """In the words that clients know."""
    if row.decided_at is None:
        return "pending"
    return "approved" if row.approved else "rejected"


async def file(
    tx: Tx, site: NodeContext, member: MemberRow, account: AccountRow, entry_id: int, text: str
) -> AppealRow:
    """Say that an act about oneself was wrong; moderators are told by mail, but for the one who acted.

    Raises NotFound, Invalid; Forbidden too late, or twice.
    """
    told = await warnings.get(tx, account, entry_id)
    if not told.appealable:
        raise ForbiddenError("There is an appeal already, it was taken back, or it is more than 20 days ago")
    if len(text) > MAX_TEXT:
        raise InvalidError("text", f"is longer than {MAX_TEXT} characters", "ERR_TOO_LONG")
    said = clean_text(text, MAX_TEXT).strip()
    if not said:
        raise InvalidError("text", "can't be blank", "ERR_BLANK")
    row = AppealRow(tx.new_id(), entry_id, account.id, said, tx.now, None, None, False, "")
    if not await appeal_queries.insert(tx, row):
        raise ForbiddenError("There is an appeal already")
    await audit_log.record(tx, member, "appeal.file", target=account.uri, subject=_log_subject(told.row))
    await _mail_moderators(tx, site, told.row)
    return row


async def _mail_moderators(tx: Tx, site: NodeContext, act: LogEntryRow) -> None:
    """Mail to the moderators who did not act themselves."""
    if not site.config.mail.host:
        return
    for account_id in await member_queries.list_moderator_account_ids(tx):
        moderator = await member_queries.find_by_account(tx, account_id)
        if moderator is not None and moderator.id != act.actor_member_id:
            await jobs.enqueue(tx, jobs.ComposeMail(moderator.email, mails.AppealFiled(), moderator.id))


def _log_subject(act: LogEntryRow) -> hash_chain.LogSubject:
    return hash_chain.LogSubject("appeal", f"entry {act.seq}")


async def count_open(tx: Tx) -> int:
    return await appeal_queries.count_open(tx)


async def load_by_entries(tx: Tx, entry_ids: Sequence[int]) -> dict[int, AppealRow]:
    """By the act that they are against."""
    return await appeal_queries.load_by_entries(tx, entry_ids)


async def list_by_state(tx: Tx, moderator: MemberRow, page: Page, state: str) -> list[AppealView]:
    """`state` is open or decided; newest first, for one of the moderators."""
    rows = await appeal_queries.list_by_state(tx, page, state)
    if not rows:
        return []
    found = await audit_log.load_by_ids(tx, [row.act_id for row in rows])
    posts = await audited_post_queries.load_by_entries(tx, list(found))
    targets = await admin_accounts.load(tx, list({row.account_id for row in rows}))
    ids = {act.actor_member_id for act in found.values()} | {row.decided_by_id for row in rows}
    names = await member_queries.load_names(tx, [each for each in ids if each is not None])
    return [
        AppealView(
            row,
            act := found[row.act_id],
            targets[row.account_id],
            names.get(act.actor_member_id or 0, ""),
            names.get(row.decided_by_id or 0, ""),
            act.actor_member_id == moderator.id,
            tuple(posts.get(row.act_id, ())),
        )
        for row in rows
    ]


async def decide(
    tx: Tx, site: NodeContext, moderator: MemberRow, appeal_id: int, decision: AppealDecision
) -> AppealRow:
    """Answer an appeal, and take the act back if it was right and is in force. The member is told by mail.

    Raises NotFound; Forbidden if it was decided before, or is not theirs to decide; Invalid if it is turned
    down without a reason, or for one's own act without being sure.
    """
    row = await appeal_queries.find(tx, appeal_id)
    act = (await audit_log.load_by_ids(tx, [row.act_id])).get(row.act_id) if row is not None else None
    if row is None or act is None:
        raise NotFoundError
    account, member = await moderation.get_target(tx, moderator, row.account_id)
    answer = clean_text(decision.answer, MAX_TEXT).strip()
    if not decision.approved and not answer:
        raise InvalidError("answer", "can't be blank: the member is told why", "ERR_BLANK")
    if not decision.approved and act.actor_member_id == moderator.id and not decision.is_confirmed:
        raise InvalidError(
            "sure", "is needed: you decided this yourself, and somebody else should look at it"
        )
    row = structs.replace(
        row, decided_at=tx.now, decided_by_id=moderator.id, approved=decision.approved, answer=answer
    )
    if not await appeal_queries.mark_decided(tx, row):
        raise ForbiddenError("This was decided already")
    if row.approved:
        await _revoke_action(tx, site, moderator, account, act, answer)
    await audit_log.record(
        tx,
        moderator,
        "appeal.approve" if row.approved else "appeal.reject",
        target=account.uri,
        subject=_log_subject(act),
        reason=answer,
        shows_reason=not audit_log.identifies_account(account, answer),
        undoes_id=act.id if row.approved else None,
    )
    if member is not None:
        await warnings.enqueue_mail(tx, site, member, mails.AppealDecided(row.approved, row.answer))
    return row


async def _revoke_action(
    tx: Tx, site: NodeContext, moderator: MemberRow, account: AccountRow, act: LogEntryRow, answer: str
) -> None:
    """Lift the act, unless a later one of its kind holds, or it is over. Deleted posts do not come back."""
    await post_moderation.unmark_sensitive(tx, site, account, act)
    kind = act.verb.removeprefix("account.")
    latest = (
        await audit_log.find_active(tx, account.uri, act.verb) if kind in moderation.REVOCATIONS else None
    )
    if latest is not None and latest.id == act.id:
        await moderation.revoke(tx, moderator, account.id, kind, answer)
