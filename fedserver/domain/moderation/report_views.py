"""Reports as moderators see them, loaded with a fixed number of statements for any page.

On its own page a report comes with the posts as they were when they were reported, and with what was before.
The ids of versions tell when they were replaced here: the time of an edit that a peer names may be wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from fedserver.domain.audit_log import audit_log_views
from fedserver.domain.audit_log.audit_log_views import LogEntryView
from fedserver.domain.content import post_texts
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import admin_accounts, moderation_notes, reports, rules
from fedserver.domain.moderation.admin_accounts import AdminAccountView
from fedserver.domain.moderation.moderation_notes import ModerationNoteView
from fedserver.domain.timelines import post_views
from fedserver.domain.timelines.post_views import PostView
from fedserver.links import Links
from storage.engine import Page, ReadTx
from storage.queries.posts import posts as post_queries
from storage.rows.content import MediaRow
from storage.rows.moderation import ReportRow
from storage.rows.posts import EditRow

MAX_EARLIER = 20
VISIBLE_KINDS = ("image", "gifv", "video")
_decode_files = msgspec.json.Decoder(list[MediaRow]).decode


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


class ReportedPost(Struct, frozen=True):
    """A reported post; `version` is what was reported if it was edited since, with its text and files."""

    view: PostView
    version: EditRow | None
    html: str
    files: tuple[MediaRow, ...]

    @property
    def has_pictures(self) -> bool:
        """True if there is something to look at, which pages do not show before they are asked."""
        return "<img" in self.html or any(file.kind in VISIBLE_KINDS for file in self.files)


class ReportHistory(Struct, frozen=True):
    """Reports about the account and by the reporter, and decisions and notes about the account."""

    about: tuple[ReportRow, ...]
    by_reporter: tuple[ReportRow, ...]
    decisions: tuple[LogEntryView, ...]
    notes: tuple[ModerationNoteView, ...]


async def load_posts(tx: ReadTx, site: NodeContext, view: ReportView) -> list[ReportedPost]:
    """Return the reported posts that still exist, as they were reported; one statement."""
    ids = [post.post.id for post in view.posts]
    versions = await post_queries.load_versions_before(tx, ids, view.row.id) if ids else {}
    return [_build_reported_post(site.links, post, versions.get(post.post.id)) for post in view.posts]


def _build_reported_post(links: Links, view: PostView, version: EditRow | None) -> ReportedPost:
    if version is None:
        return ReportedPost(view, None, post_texts.render_page_html(links, view.post), tuple(view.media))
    # A browser must not ask the servers of others for pictures.
    html = post_texts.proxy_pictures(links, view.post.id, version.html)
    return ReportedPost(view, version, html, tuple(_decode_files(version.media)))


def count_deleted(view: ReportView) -> int:
    """Return how many reported posts are deleted."""
    return len(reports.post_ids(view.row)) - len(view.posts)


async def load_history(tx: ReadTx, view: ReportView) -> ReportHistory:
    """Return what was before, the newest first."""
    row, page = view.row, Page(MAX_EARLIER)
    about = await reports.list_page(tx, page, "all", target_id=row.target_id)
    by_reporter = await reports.list_page(tx, page, "all", account_id=row.account_id)
    return ReportHistory(
        tuple(other for other in about if other.id != row.id),
        tuple(other for other in by_reporter if other.id != row.id),
        tuple(await audit_log_views.list_by_target(tx, view.target.view.account.uri)),
        tuple(await moderation_notes.list_by_account(tx, row.target_id)),
    )
