"""The overview: what needs doing, and the figures of the node."""

from __future__ import annotations

import asyncio

from aiohttp import web
from msgspec import Struct

from fedserver.config import CommunityConfig
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.metrics import backlog, backups, health, instance_stats
from fedserver.domain.moderation import admin_accounts, appeals, reports
from fedserver.domain.peers import partners, peer_lists, peer_views
from fedserver.runtime.self_check import list_disks
from fedserver.web.endpoint import ADMIN, MODERATOR, RANKS, Call, NoParams, Routes
from storage.engine import ReadTx

routes = Routes("console")
DAY_MS = 86_400_000
SILENT_MS = 3 * DAY_MS  # most outages end earlier by themselves
LATE_MS = 600_000  # a queue that is late for longer than this does not catch up by itself


class Need(Struct, frozen=True):
    """Something that a moderator or admin has to look at: what, how many, and the page for it."""

    kind: str
    count: int
    path: str


class MissingPart(Struct, frozen=True):
    """What a new community has not got yet, and the page where to begin it."""

    kind: str
    path: str


async def _list_needs(tx: ReadTx, queues: tuple[backlog.QueueStatus, ...]) -> list[Need]:
    """Return what the database says needs doing; people come first, then the machine."""
    backup, report = await backups.load(tx), await health.load(tx)
    silent = await peer_views.count_unreachable(tx, tx.now - SILENT_MS)
    failing_mails = await backlog.load_failing_mails(tx)
    needs = (
        Need("reports", await reports.count_open(tx), "/admin/reports"),
        Need("sign_ups", await admin_accounts.count_pending(tx), "/admin/sign-ups"),
        Need("appeals", await appeals.count_open(tx), "/admin/appeals"),
        Need("partners", await partners.count_pending_offers(tx), "/admin/partners"),
        Need("peer_lists", await peer_lists.count_pending(tx), "/admin/peer-lists"),
        Need("silent", silent, "/admin/peers?state=silent"),
        Need("failed", sum(queue.given_up for queue in queues), "/admin/queue"),
        Need("late", sum(queue.late > LATE_MS for queue in queues), "/admin/queue"),
        Need("mails", failing_mails.count, "/admin/queue"),
        Need("problems", report.problem_count, "/admin/health"),
        Need("no_backup", int(not backup.made_at), "/admin/health"),
        Need("old_backup", int(bool(backup.made_at) and backup.is_overdue(tx.now)), "/admin/health"),
    )
    return [need for need in needs if need.count]


def _list_missing_parts(site: NodeContext, members: int) -> list[MissingPart]:
    """Return what a community has not got yet that starts with the defaults of a new node."""
    community, defaults = site.config.community, CommunityConfig()
    parts = (
        ("title", community.title == defaults.title, "/admin/settings/identity"),
        ("description", community.description == defaults.description, "/admin/settings/texts"),
        ("rules", not community.rules, "/admin/settings/rules"),
        ("privacy", "privacy" not in site.legal_kinds, "/admin/settings/legal"),
        ("members", members < 2, "/settings/invitations"),
    )
    return [MissingPart(kind, path) for kind, is_missing, path in parts if is_missing]


@routes.get("/admin", html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    tx = call.tx
    queues = await backlog.list_queues(tx)
    disks = await asyncio.to_thread(list_disks, call.site.config)
    full = sum(disk.is_nearly_full for disk in disks)
    needs = await _list_needs(tx, queues)
    figures = await instance_stats.load(tx)
    is_admin = RANKS[call.member.role] >= RANKS[ADMIN]
    return call.render(
        "admin/overview.html",
        needs=[*needs, Need("full", full, "/admin/storage")] if full else needs,
        missing=_list_missing_parts(call.site, figures.members) if is_admin else [],
        figures=figures,
        waiting=sum(queue.waiting for queue in queues),
    )
