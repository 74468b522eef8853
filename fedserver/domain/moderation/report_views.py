"""Reports as moderators read them, with all that is beside them: as many statements for any page."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import admin_accounts, reports, rules
from fedserver.domain.moderation.admin_accounts import AdminAccountView
from fedserver.domain.timelines import post_views
from fedserver.domain.timelines.post_views import PostView
from storage.engine import Tx
from storage.rows.moderation import ReportRow


class ReportView(Struct, frozen=True):
    """A report: who reports whom, who looks after it, the posts as evidence, the rules."""

    row: ReportRow
    account: AdminAccountView
    target: AdminAccountView
    assigned: AdminAccountView | None
    resolved_by: AdminAccountView | None
    posts: tuple[PostView, ...]
    rules: tuple[rules.CommunityRule, ...]


async def load(tx: Tx, site: NodeContext, rows: Sequence[ReportRow]) -> list[ReportView]:
    """Views in the order of `rows`. Posts are shown whoever they were written for."""
    people = {each for row in rows for each in (row.account_id, row.target_id)}
    people |= {each for row in rows for each in (row.assigned_id, row.resolved_by_id) if each is not None}
    accounts = await admin_accounts.load(tx, list(people))
    wanted = list(dict.fromkeys(each for row in rows for each in reports.post_ids(row)))
    posts = {view.post.id: view for view in await post_views.load_evidence(tx, wanted)}
    return [
        ReportView(
            row,
            accounts[row.account_id],
            accounts[row.target_id],
            accounts.get(row.assigned_id or 0),
            accounts.get(row.resolved_by_id or 0),
            tuple(posts[each] for each in reports.post_ids(row) if each in posts),
            tuple(rules.list_by_numbers(site, reports.rule_ids(row))),
        )
        for row in rows
        if row.account_id in accounts and row.target_id in accounts
    ]


async def load_one(tx: Tx, site: NodeContext, row: ReportRow) -> ReportView:
    """The view of one report."""
    return (await load(tx, site, [row]))[0]
