"""New reports of members.

docs.joinmastodon.org/methods/reports
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError, TooManyRequestsError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.domain.moderation import report_rows, reports, rules
from fedserver.domain.timelines import post_views
from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from storage.rows.moderation import ReportRow

MAX_POSTS = 100


class NewReport(Struct, frozen=True, kw_only=True):
    """A report as a member sends it."""

    target_id: int
    post_ids: Sequence[int] = ()
    comment: str = ""
    category: str = "other"
    rule_ids: Sequence[int] = ()
    forward: bool = False


async def file(tx: Tx, site: NodeContext, reporter: AccountRow, new_report: NewReport) -> ReportRow:
    """Store a report about an account and its posts, and notify the moderators.

    Raises NotFoundError, InvalidError, TooManyRequestsError.
    """
    target = await account_queries.find(tx, new_report.target_id)
    if target is None or target.deleted_at is not None:
        raise NotFoundError
    comment = clean_lines("comment", new_report.comment, report_rows.MAX_COMMENT)
    broken_rules = rules.check_numbers(site, new_report.rule_ids)
    category = "violation" if broken_rules else new_report.category
    reports.check_category(category)
    post_ids = await _check_posts(tx, reporter, target, new_report.post_ids)
    if not await report_rows.count(tx, reporter):
        raise TooManyRequestsError(tx.now + report_rows.DAY_MS)
    row = report_rows.build(tx, None, reporter, target, post_ids, comment, category)
    forwarded = new_report.forward and bool(target.domain)
    row = structs.replace(row, rule_ids=reports.encode_ids(broken_rules), forwarded=forwarded)
    await report_rows.insert(tx, row)
    if forwarded:
        await jobs.enqueue(tx, jobs.Flag(row.id))
    return row


async def is_filed(tx: ReadTx, reporter: AccountRow, new_report: NewReport) -> bool:
    """Return True if an open report of `reporter` says the same, as after a form that was sent twice."""
    former = await reports.list_page(
        tx, Page(), "open", account_id=reporter.id, target_id=new_report.target_id
    )
    # Stored comments have other line breaks than those of forms.
    words, post_ids = new_report.comment.split(), reports.encode_ids(new_report.post_ids)
    return any(
        (row.category, row.comment.split(), row.post_ids) == (new_report.category, words, post_ids)
        and reports.rule_ids(row) == tuple(sorted(set(new_report.rule_ids)))
        for row in former
    )


async def _check_posts(
    tx: ReadTx, reporter: AccountRow, target: AccountRow, post_ids: Sequence[int]
) -> tuple[int, ...]:
    """Return each id once. Raises NotFoundError unless all are posts of `target` that `reporter` sees."""
    ids = tuple(dict.fromkeys(post_ids))
    if len(ids) > MAX_POSTS:
        raise InvalidError("status_ids", f"are more than {MAX_POSTS}", "ERR_TOO_LONG")
    views = await post_views.load(tx, ids, reporter.id)
    if len([view for view in views if view.post.account_id == target.id]) != len(ids):
        raise NotFoundError
    return ids
