"""Moderation of single posts: delete them, or mark them as sensitive. Their authors are notified.

The kinds are those of docs.joinmastodon.org/entities/AccountWarning. The text of a moderated post is kept for
90 days, for its author and for the moderators who decide about an appeal.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.moderation import moderation, moderation_targets, reports, warnings
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.posts import edits, post_removal
from fedserver.text.locales import gettext
from fedserver.text.sanitize import to_text
from storage.engine import Tx
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import LogEntryPostRow, LogEntryRow
from storage.rows.auth import MemberRow
from storage.rows.posts import PostRow

KINDS = (DELETE, MARK_SENSITIVE) = ("delete_statuses", "mark_statuses_as_sensitive")
MAX_POSTS, MAX_TEXT = 100, 5_000
TEXT_TTL_MS = 90 * moderation.DAY_MS


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
    rows = await _load_posts(tx, account, post_ids)
    report = await reports.find_by_target(tx, action.report_id, account.id)
    entry = await moderation.record(tx, moderator, account, action, report)
    texts = {row.id: (row.source or to_text(row.html))[:MAX_TEXT] for row in rows}
    await audited_post_queries.insert(
        tx, [LogEntryPostRow(entry.id, row.id, account.id, texts[row.id]) for row in rows]
    )
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


async def _load_posts(tx: Tx, account: AccountRow, post_ids: Sequence[int]) -> list[PostRow]:
    """Return published posts of the account. Raises NotFoundError if one is not; InvalidError."""
    ids = list(dict.fromkeys(post_ids))
    if not 0 < len(ids) <= MAX_POSTS:
        raise InvalidError(
            "post_ids",
            f"must name from 1 to {MAX_POSTS} posts",
            message=gettext("Please choose from 1 to %(max)s posts.", max=MAX_POSTS),
        )
    rows = await post_queries.load_by_ids(tx, ids)
    own_posts = [
        rows[post_id]
        for post_id in ids
        if post_id in rows and rows[post_id].account_id == account.id and rows[post_id].boost_of_id is None
    ]
    if len([row for row in own_posts if row.state == "published"]) != len(ids):
        raise NotFoundError
    return own_posts


async def unmark_sensitive(tx: Tx, site: NodeContext, account: AccountRow, entry: LogEntryRow) -> None:
    """Remove the mark that an action set from the posts that still exist."""
    if entry.verb != f"account.{MARK_SENSITIVE}":
        return
    marked = (await audited_post_queries.load_by_entries(tx, [entry.id])).get(entry.id, [])
    for row in (await post_queries.load_by_ids(tx, [post.post_id for post in marked])).values():
        if row.sensitive:
            await edits.edit(tx, site, account, row.id, edits.PostEdit(sensitive=False))


async def erase_texts(tx: Tx) -> None:
    """Erase the texts of moderated posts that were kept for appeals, once their time is over."""
    await audited_post_queries.erase_texts(tx, tx.now - TEXT_TTL_MS)
