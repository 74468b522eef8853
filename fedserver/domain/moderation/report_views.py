"""Reports as moderators see them, loaded with a fixed number of statements for any page."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import admin_accounts, reports, rules
from fedserver.domain.moderation.admin_accounts import AdminAccountView
from fedserver.domain.timelines import post_views
from fedserver.domain.timelines.post_views import PostView
from storage.engine import ReadTx
from storage.rows.moderation import ReportRow


class ReportView(Struct, frozen=True):
    """A report with its accounts, the reported posts and the rules."""

    row: ReportRow
    account: AdminAccountView
    target: AdminAccountView
    assigned: AdminAccountView | None
    resolved_by: AdminAccountView | None
    posts: tuple[PostView, ...]
    rules: tuple[rules.CommunityRule, ...]


async def load(tx: ReadTx, site: NodeContext, rows: Sequence[ReportRow]) -> list[ReportView]:
    """Return views in the order of `rows`. Moderators see reported posts of any visibility."""
    account_ids = {
        account_id
        for row in rows
        for account_id in (row.account_id, row.target_id, row.assigned_id, row.resolved_by_id)
        if account_id is not None
    }
    accounts = await admin_accounts.load(tx, list(account_ids))
    post_ids = list(dict.fromkeys(post_id for row in rows for post_id in reports.post_ids(row)))
    posts = {view.post.id: view for view in await post_views.load_evidence(tx, post_ids)}
    return [
        ReportView(
            row,
            accounts[row.account_id],
            accounts[row.target_id],
            accounts.get(row.assigned_id or 0),
            accounts.get(row.resolved_by_id or 0),
            tuple(posts[post_id] for post_id in reports.post_ids(row) if post_id in posts),
            tuple(rules.list_by_numbers(site, reports.rule_ids(row))),
        )
        for row in rows
        if row.account_id in accounts and row.target_id in accounts
    ]


async def load_one(tx: ReadTx, site: NodeContext, row: ReportRow) -> ReportView:
    """Return the view of one report."""
    return (await load(tx, site, [row]))[0]
