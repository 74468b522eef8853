"""Decisions of moderators about appeals."""

from __future__ import annotations

from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.domain.moderation import appeal_mails, appeals, revocations
from fedserver.domain.moderation.moderation_targets import get_target
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.queries.moderation import appeals as appeal_queries
from storage.rows.audit_log import LogEntryRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import AppealRow


class AppealDecision(Struct, frozen=True):
    """A decision about an appeal; `is_confirmed`: there is no moderator but the one who acted."""

    approved: bool
    answer: str = ""
    is_confirmed: bool = False


async def decide(
    tx: Tx, site: NodeContext, moderator: MemberRow, appeal_id: int, decision: AppealDecision
) -> AppealRow:
    """Decide about an appeal, and mail the member. Approval revokes the action if it is still in effect.

    Raises NotFoundError; ForbiddenError if it was decided before, or the moderator may not act on the
    account; InvalidError for a rejection without an answer, or an unconfirmed one of one's own action.
    """
    row = await appeal_queries.find(tx, appeal_id)
    entry = (await audit_log.load_by_ids(tx, [row.act_id])).get(row.act_id) if row is not None else None
    if row is None or entry is None:
        raise NotFoundError
    account, member = await get_target(tx, moderator, row.account_id)
    answer = clean_lines("answer", decision.answer, appeals.MAX_TEXT).strip()
    _check_decision(moderator, entry, decision, answer)
    row = structs.replace(
        row, decided_at=tx.now, decided_by_id=moderator.id, approved=decision.approved, answer=answer
    )
    if not await appeal_queries.mark_decided(tx, row):
        raise ForbiddenError(gettext("This appeal was already decided."))
    if row.approved:
        await revocations.revoke_entry(tx, site, moderator, account, entry, answer)
    await audit_log.record(
        tx,
        moderator,
        "appeal.approve" if row.approved else "appeal.reject",
        target=account.uri,
        subject=appeals.build_log_subject(entry),
        reason=answer,
        shows_reason=not audit_log.identifies_account(account, answer),
        undoes_id=entry.id if row.approved else None,
    )
    if member is not None:
        await appeal_mails.notify_member(tx, site, member, row)
    return row


def _check_decision(moderator: MemberRow, entry: LogEntryRow, decision: AppealDecision, answer: str) -> None:
    """Raise InvalidError for a rejection without an answer, or of one's own action without confirmation."""
    if decision.approved:
        return
    if not answer:
        raise InvalidError(
            "answer",
            "can't be blank: the member is told why",
            "ERR_BLANK",
            message=gettext("Please write an answer: the member should know why you reject the appeal."),
        )
    if entry.actor_member_id == moderator.id and not decision.is_confirmed:
        raise InvalidError(
            "sure",
            "is needed: you decided this yourself, and somebody else should look at it",
            message=gettext(
                "You made this decision yourself. Please leave the appeal to another moderator, "
                "or confirm that there is none."
            ),
        )
