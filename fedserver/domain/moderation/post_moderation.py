"""What moderators do to single posts: delete them, or mark them as sensitive. Their authors are told.

The words are those of docs.joinmastodon.org/entities/AccountWarning. What was said in such a post is
kept for a while, for its author and for whoever looks at the appeal.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import Invalid, NotFound
from fedserver.domain.moderation import moderation, reports, warnings
from fedserver.domain.moderation.moderation import Order
from fedserver.domain.posts import edits, post_removal
from fedserver.text.sanitize import to_text
from storage.engine import Tx
from storage.queries.audit_log import audited_posts as audited_post_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.audit_log import ActPostRow, ActRow
from storage.rows.auth import MemberRow
from storage.rows.posts import PostRow

KINDS = (DELETE, MARK) = ("delete_statuses", "mark_statuses_as_sensitive")
MOST, MAX_KEPT = 100, 5_000
KEEP_TEXTS = 90 * moderation.DAY


async def act(
    tx: Tx, site: Site, moderator: MemberRow | None, account_id: int, order: Order, post_ids: Sequence[int]
) -> ActRow:
    """Do something to posts of an account and tell its member. Raises NotFound, Forbidden, Invalid."""
    account, member = await moderation.target(tx, moderator, account_id)
    if order.kind not in KINDS:
        raise Invalid("type", f"must be one of {', '.join(KINDS)}")
    if order.kind == MARK and account.domain:
        raise Invalid("type", "is for posts of this node: those of peers say it themselves")
    rows = await _posts(tx, account, post_ids)
    report = await reports.about(tx, order.report_id, account.id) if order.report_id is not None else None
    done = await moderation.note(tx, moderator, account, order, report)
    said = {row.id: (row.source or to_text(row.html))[:MAX_KEPT] for row in rows}
    await audited_post_queries.add(
        tx, [ActPostRow(done.id, row.id, account.id, said[row.id]) for row in rows]
    )
    for row in rows:
        if order.kind == DELETE:
            await post_removal.take_down(tx, account, row)
        else:
            await edits.change(tx, site, account, row.id, edits.Change(sensitive=True))
    await reports.settle(tx, moderator, account.id, report, every=False)
    if member is not None:
        await warnings.warn(tx, site, account, member, done, mails=order.mails)
    return done


async def _posts(tx: Tx, account: AccountRow, post_ids: Sequence[int]) -> list[PostRow]:
    """Published posts of that very account. Raises NotFound, Invalid."""
    ids = list(dict.fromkeys(post_ids))
    if not 0 < len(ids) <= MOST:
        raise Invalid("post_ids", f"must name from 1 to {MOST} posts")
    found = await post_queries.by_ids(tx, ids)
    rows = [found[each] for each in ids if each in found]
    known = (row for row in rows if row.account_id == account.id and row.boost_of_id is None)
    if len([row for row in known if row.state == "published"]) != len(ids):
        raise NotFound
    return rows


async def unmark(tx: Tx, site: Site, account: AccountRow, act: ActRow) -> None:
    """Take the mark away again from what there still is. Posts that were deleted stay so."""
    if act.verb != f"account.{MARK}":
        return
    marked = (await audited_post_queries.of_acts(tx, [act.id])).get(act.id, [])
    for row in (await post_queries.by_ids(tx, [each.post_id for each in marked])).values():
        if row.sensitive:
            await edits.change(tx, site, account, row.id, edits.Change(sensitive=False))
