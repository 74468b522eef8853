"""New reports: from members, and from peers as Flag activities.

docs.joinmastodon.org/methods/reports
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.moderation import reports, rules
from fedserver.domain.notifications import notifications
from fedserver.domain.peers import peers
from fedserver.domain.timelines import post_views
from fedserver.domain.timelines.visibility import FEDERATED
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.queries.moderation import reports as report_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.moderation import ReportRow
from storage.rows.posts import PostRow

MAX_COMMENT, MAX_POSTS = 1_000, 100  # 1000 characters is Mastodon's limit


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

    Raises NotFoundError, InvalidError.
    """
    target = await account_queries.find(tx, new_report.target_id)
    if target is None or target.deleted_at is not None:
        raise NotFoundError
    if len(new_report.comment) > MAX_COMMENT:
        raise InvalidError("comment", f"is longer than {MAX_COMMENT} characters", "ERR_TOO_LONG")
    broken_rules = rules.check_numbers(site, new_report.rule_ids)
    category = "violation" if broken_rules else new_report.category
    reports.check_category(category)
    post_ids = await _check_posts(tx, reporter, target, new_report.post_ids)
    row = _build_row(tx, None, reporter, target, post_ids, new_report.comment, category)
    forwarded = new_report.forward and bool(target.domain)
    row = structs.replace(row, rule_ids=reports.encode_ids(broken_rules), forwarded=forwarded)
    await report_queries.insert(tx, row)
    if forwarded:
        await jobs.enqueue(tx, jobs.Flag(row.id))
    await _notify_moderators(tx, row)
    return row


async def _check_posts(
    tx: Tx, reporter: AccountRow, target: AccountRow, post_ids: Sequence[int]
) -> tuple[int, ...]:
    """Return each id once. Raises NotFoundError unless all are posts of `target` that `reporter` sees."""
    ids = tuple(dict.fromkeys(post_ids))
    if len(ids) > MAX_POSTS:
        raise InvalidError("status_ids", f"are more than {MAX_POSTS}", "ERR_TOO_LONG")
    views = await post_views.load(tx, ids, reporter.id)
    if len([view for view in views if view.post.account_id == target.id]) != len(ids):
        raise NotFoundError
    return ids


def _build_row(
    tx: Tx,
    uri: str | None,
    reporter: AccountRow,
    target: AccountRow,
    post_ids: Sequence[int],
    comment: str,
    category: str,
) -> ReportRow:
    return ReportRow(
        id=tx.new_id(),
        uri=uri,
        account_id=reporter.id,
        target_id=target.id,
        post_ids=reports.encode_ids(post_ids),
        comment=clean_text(comment, MAX_COMMENT).strip(),
        category=category,
        rule_ids="[]",
        forwarded=False,
        created_at=tx.now,
        updated_at=tx.now,
        assigned_id=None,
        resolved_at=None,
        resolved_by_id=None,
    )


async def receive(tx: Tx, actor: AccountRow, uri: str, object_uris: Sequence[str], comment: str) -> bool:
    """Store a report of a peer; return False if it names no account of ours, or the peer may not report."""
    decision = await peers.find_blocking_decision(tx, actor.domain)
    if decision is not None and decision.rejects_reports:
        return False
    accounts = await account_queries.load_by_uris(tx, object_uris)
    posts = [post for post in await post_queries.load_by_uris(tx, object_uris) if _is_federated(post)]
    owner_ids = dict.fromkeys((*(row.id for row in accounts), *(post.account_id for post in posts)))
    owners = {row.id: row for row in await account_queries.load_by_ids(tx, list(owner_ids))}
    target = next((owners[owner_id] for owner_id in owner_ids if not owners[owner_id].domain), None)
    if target is None or target.deleted_at is not None or target.kind == "Application":
        return False
    post_ids = [post.id for post in posts if post.account_id == target.id]
    row = _build_row(tx, uri or None, actor, target, post_ids, comment, "other")
    if await report_queries.insert(tx, row):
        await _notify_moderators(tx, row)
    return True


def _is_federated(post: PostRow) -> bool:
    """Return True for a post that peers may have: answers must not reveal drafts and local-only posts."""
    return post.local and post.state == "published" and post.visibility in FEDERATED


async def _notify_moderators(tx: Tx, row: ReportRow) -> None:
    """Notify all moderators, except for one who reports."""
    for moderator_id in await member_queries.list_moderator_account_ids(tx):
        if moderator_id != row.account_id:
            await notifications.notify_moderation(tx, "admin.report", moderator_id, row.account_id, row.id)
