"""What moderators do to single posts: delete them, or mark them as sensitive. Their authors are told.

The words are those of docs.joinmastodon.org/entities/AccountWarning. What was said in such a post is
kept for a while, for its author and for whoever looks at the appeal.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.moderation import moderation, reports, warnings
from fedserver.domain.moderation.moderation import ModerationAction
from fedserver.domain.posts import edits, post_removal
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
    """Do something to posts of an account and tell its member. Raises NotFound, Forbidden, Invalid."""
    account, member = await moderation.get_target(tx, moderator, account_id)
    if action.kind not in KINDS:
        raise InvalidError("type", f"must be one of {', '.join(KINDS)}")
    if action.kind == MARK_SENSITIVE and account.domain:
        raise InvalidError("type", "is for posts of this node: those of peers say it themselves")
    rows = await _load_posts(tx, account, post_ids)
    report = (
        await reports.get_by_target(tx, action.report_id, account.id)
        if action.report_id is not None
        else None
    )
    done = await moderation.record(tx, moderator, account, action, report)
    said = {row.id: (row.source or to_text(row.html))[:MAX_TEXT] for row in rows}
    await audited_post_queries.insert(
        tx, [LogEntryPostRow(done.id, row.id, account.id, said[row.id]) for row in rows]
    )
    for row in rows:
        if action.kind == DELETE:
            await post_removal.take_down(tx, account, row)
        else:
            await edits.edit(tx, site, account, row.id, edits.PostEdit(sensitive=True))
    await reports.resolve_related(tx, moderator, account.id, report, resolves_all=False)
    if member is not None:
        await warnings.warn(tx, site, account, member, done, notifies_by_mail=action.notifies_by_mail)
    return done


async def _load_posts(tx: Tx, account: AccountRow, post_ids: Sequence[int]) -> list[PostRow]:
    """Published posts of that very account. Raises NotFound, Invalid."""
    ids = list(dict.fromkeys(post_ids))
    if not 0 < len(ids) <= MAX_POSTS:
        raise InvalidError("post_ids", f"must name from 1 to {MAX_POSTS} posts")
    found = await post_queries.load_by_ids(tx, ids)
    rows = [found[each] for each in ids if each in found]
    known = (row for row in rows if row.account_id == account.id and row.boost_of_id is None)
    if len([row for row in known if row.state == "published"]) != len(ids):
        raise NotFoundError
    return rows


async def unmark_sensitive(tx: Tx, site: NodeContext, account: AccountRow, entry: LogEntryRow) -> None:
    """Take the mark away again from what there still is. Posts that were deleted stay so."""
    if entry.verb != f"account.{MARK_SENSITIVE}":
        return
    marked = (await audited_post_queries.load_by_entries(tx, [entry.id])).get(entry.id, [])
    for row in (await post_queries.load_by_ids(tx, [each.post_id for each in marked])).values():
        if row.sensitive:
            await edits.edit(tx, site, account, row.id, edits.PostEdit(sensitive=False))


async def erase_texts(tx: Tx) -> None:
    """Erase the texts of moderated posts that were kept for appeals, once their time is over."""
    await audited_post_queries.erase_texts(tx, tx.now - TEXT_TTL_MS)
