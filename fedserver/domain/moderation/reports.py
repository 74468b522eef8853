"""Reports: brought by members and by peers, looked after by moderators.

docs.joinmastodon.org/methods/reports, docs.joinmastodon.org/methods/admin/reports
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.moderation import rules
from fedserver.domain.notifications import notifications
from fedserver.domain.peers import peers
from fedserver.domain.timelines import post_views
from fedserver.domain.timelines.visibility import FEDERATED
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.paging import Page
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.queries.moderation import reports as report_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from storage.rows.moderation import ReportRow
from storage.rows.posts import PostRow

CATEGORIES = ("spam", "legal", "violation", "other")
MAX_COMMENT, MAX_POSTS = 1_000, 100
encode = msgspec.json.Encoder().encode
_decode_numbers = msgspec.json.Decoder(tuple[int, ...]).decode


class NewReport(Struct, frozen=True, kw_only=True):
    """What somebody reports."""

    target_id: int
    post_ids: Sequence[int] = ()
    comment: str = ""
    category: str = "other"
    rule_ids: Sequence[int] = ()
    forward: bool = False


def post_ids(row: ReportRow) -> tuple[int, ...]:
    """The posts that a report names."""
    return _decode_numbers(row.post_ids)


def rule_ids(row: ReportRow) -> tuple[int, ...]:
    """The numbers of the rules that a report says were broken."""
    return _decode_numbers(row.rule_ids)


def encode_rules(row: ReportRow) -> str:
    """The same as an act writes them down."""
    return ",".join(str(number) for number in rule_ids(row))


async def file(tx: Tx, site: NodeContext, reporter: AccountRow, new_report: NewReport) -> ReportRow:
    """Bring an account, and posts of it, before the moderators. Raises NotFound, Invalid."""
    target = await account_queries.find(tx, new_report.target_id)
    if target is None or target.deleted_at is not None:
        raise NotFoundError
    if len(new_report.comment) > MAX_COMMENT:
        raise InvalidError("comment", f"is longer than {MAX_COMMENT} characters", "ERR_TOO_LONG")
    broken = rules.check_numbers(site, new_report.rule_ids)
    category = "violation" if broken else new_report.category
    if category not in CATEGORIES:
        raise InvalidError("category", f"must be one of {', '.join(CATEGORIES)}")
    named = await _check_posts(tx, reporter, target, new_report.post_ids)
    row = _build_row(tx, None, reporter, target, named, new_report.comment, category)
    forward = new_report.forward and bool(target.domain)
    row = structs.replace(row, rule_ids=encode(broken).decode(), forwarded=forward)
    await report_queries.insert(tx, row)
    if forward:
        await jobs.enqueue(tx, jobs.Flag(row.id))
    await _notify_moderators(tx, row)
    return row


async def _check_posts(
    tx: Tx, reporter: AccountRow, target: AccountRow, wanted: Sequence[int]
) -> tuple[int, ...]:
    """Posts of the target that the reporter sees. Raises NotFound if one of them is not."""
    ids = tuple(dict.fromkeys(wanted))
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
    named: Sequence[int],
    comment: str,
    category: str,
) -> ReportRow:
    return ReportRow(
        id=tx.new_id(),
        uri=uri,
        account_id=reporter.id,
        target_id=target.id,
        post_ids=encode(named).decode(),
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
    """A peer reports an account of ours, or posts of one; False if it names none, or may not report."""
    decision = await peers.find_blocking_decision(tx, actor.domain)
    if decision is not None and decision.rejects_reports:
        return False
    named = await account_queries.load_by_uris(tx, object_uris)
    posts = [post for post in await post_queries.load_by_uris(tx, object_uris) if _is_federated(post)]
    owners = dict.fromkeys((*(each.id for each in named), *(post.account_id for post in posts)))
    found = {row.id: row for row in await account_queries.load_by_ids(tx, list(owners))}
    target = next((found[each] for each in owners if not found[each].domain), None)
    if target is None or target.deleted_at is not None or target.kind == "Application":
        return False
    theirs = [post.id for post in posts if post.account_id == target.id]
    row = _build_row(tx, uri or None, actor, target, theirs, comment, "other")
    if await report_queries.insert(tx, row):
        await _notify_moderators(tx, row)
    return True


def _is_federated(post: PostRow) -> bool:
    """True for a post of ours that peers may have: of drafts and members-only posts they know nothing."""
    return post.local and post.state == "published" and post.visibility in FEDERATED


async def _notify_moderators(tx: Tx, row: ReportRow) -> None:
    for moderator_id in await member_queries.list_moderator_account_ids(tx):
        if moderator_id != row.account_id:
            await notifications.notify_moderation(tx, "admin.report", moderator_id, row.account_id, row.id)


async def get(tx: Tx, report_id: int) -> ReportRow:
    """Raises NotFound."""
    row = await report_queries.find(tx, report_id)
    if row is None:
        raise NotFoundError
    return row


async def get_by_target(tx: Tx, report_id: int, account_id: int) -> ReportRow:
    """A report about that very account. Raises NotFound."""
    row = await get(tx, report_id)
    if row.target_id != account_id:
        raise NotFoundError
    return row


async def list_page(
    tx: Tx, page: Page, state: str, *, account_id: int = 0, target_id: int = 0
) -> list[ReportRow]:
    """`state` is open, resolved or all; 0 stands for anybody. Newest first."""
    return await report_queries.list_page(tx, page, state, account_id, target_id)


async def count_open(tx: Tx) -> int:
    return await report_queries.count_open(tx)


async def _save(tx: Tx, moderator: MemberRow | None, verb: str, row: ReportRow) -> ReportRow:
    row = structs.replace(row, updated_at=tx.now)
    await audit_log.record(tx, moderator, f"report.{verb}", target=f"report:{row.id}", rule=encode_rules(row))
    await report_queries.update_report(tx, row)
    return row


async def classify(
    tx: Tx,
    site: NodeContext,
    moderator: MemberRow,
    report_id: int,
    category: str | None,
    broken: Sequence[int] | None,
) -> ReportRow:
    """Change the category and the rules of a report; None leaves them. Raises NotFound, Invalid."""
    row = await get(tx, report_id)
    category = row.category if category is None else category
    if category not in CATEGORIES:
        raise InvalidError("category", f"must be one of {', '.join(CATEGORIES)}")
    numbers = rule_ids(row) if broken is None else rules.check_numbers(site, broken)
    row = structs.replace(
        row, category=category, rule_ids=encode(numbers if category == "violation" else ()).decode()
    )
    return await _save(tx, moderator, "classify", row)


async def assign(tx: Tx, moderator: MemberRow, report_id: int, account_id: int | None) -> ReportRow:
    """Say who looks after a report; None: nobody. Raises NotFound."""
    row = structs.replace(await get(tx, report_id), assigned_id=account_id)
    return await _save(tx, moderator, "assign" if account_id is not None else "unassign", row)


async def resolve(tx: Tx, moderator: MemberRow, report_id: int) -> ReportRow:
    """Raises NotFound."""
    return await _close(tx, moderator, await get(tx, report_id))


async def _close(tx: Tx, moderator: MemberRow | None, row: ReportRow) -> ReportRow:
    if row.resolved_at is not None:
        return row
    by = await member_queries.find_main_account_id(tx, moderator.id) if moderator is not None else None
    row = structs.replace(row, resolved_at=tx.now, resolved_by_id=by)
    return await _save(tx, moderator, "resolve", row)


async def reopen(tx: Tx, moderator: MemberRow, report_id: int) -> ReportRow:
    """Raises NotFound."""
    row = await get(tx, report_id)
    if row.resolved_at is None:
        return row
    row = structs.replace(row, resolved_at=None, resolved_by_id=None)
    return await _save(tx, moderator, "reopen", row)


async def resolve_related(
    tx: Tx, moderator: MemberRow | None, account_id: int, report: ReportRow | None, *, resolves_all: bool
) -> None:
    """An account was acted on: close the report that led to it, or all about the account."""
    closing = await report_queries.list_open_by_target(tx, account_id) if resolves_all else []
    if not resolves_all and report is not None:
        closing = [report]
    for row in closing:
        await _close(tx, moderator, row)
