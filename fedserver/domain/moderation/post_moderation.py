"""Moderation of single posts: delete them, or mark them as sensitive. Their authors are notified.

The kinds are those of docs.joinmastodon.org/entities/AccountWarning. The text of a moderated post is kept for
90 days, for its author and for the moderators who decide about an appeal.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.moderation import moderated_posts, moderation, moderation_targets, reports, warnings
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.posts import edits, post_removal
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryRow
from storage.rows.auth import MemberRow

KINDS = (DELETE, MARK_SENSITIVE) = ("delete_statuses", "mark_statuses_as_sensitive")


async def apply(
    tx: Tx,
    site: NodeContext,
    moderator: MemberRow | None,
    account_id: int,
    action: ModerationAction,
    post_ids: Sequence[int],
) -> LogEntryRow:
    """Apply an action to posts of an account and notify its member.

    Raises NotFoundError, ForbiddenError, InvalidError.
    """
    account, member = await moderation_targets.get_target(tx, moderator, account_id)
    _check_kind(account, action.kind)
    rows = await moderated_posts.load(tx, account, post_ids)
    report = await reports.find_by_target(tx, action.report_id, account.id)
    entry = await moderation.record(tx, moderator, account, action, report)
    await moderated_posts.store_texts(tx, entry, account, rows)
    for row in rows:
        if action.kind == DELETE:
            await post_removal.take_down(tx, account, row)
        else:
            await edits.edit(tx, site, account, row.id, edits.PostEdit(sensitive=True))
    await reports.resolve_related(tx, moderator, account.id, report, resolves_all=False)
    if member is not None:
        await warnings.warn(tx, site, account, member, entry, notifies_by_mail=action.notifies_by_mail)
    return entry


def _check_kind(account: AccountRow, kind: str) -> None:
    """Raise InvalidError for an unknown kind, and for marking remote posts: their nodes set the mark."""
    if kind not in KINDS:
        raise InvalidError(
            "type", f"must be one of {', '.join(KINDS)}", message=gettext("Please choose what to do.")
        )
    if kind == MARK_SENSITIVE and account.domain:
        raise InvalidError(
            "type",
            "is for posts of this node: those of peers say it themselves",
            message=gettext("Only posts of this server can be marked as sensitive."),
        )
