"""Reports (Flag) of our members about accounts of peers."""

from __future__ import annotations

from activitypub import activities
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.moderation import reports
from fedserver.federation.outbound.activity import OutboundActivity
from storage.engine import ReadTx
from storage.queries.accounts import accounts as account_queries
from storage.queries.moderation import reports as report_queries
from storage.queries.posts import posts as post_queries


async def render_flag(tx: ReadTx, site: NodeContext, job: jobs.Flag) -> OutboundActivity | None:
    """Return a Flag by the node itself, so that the member who reported stays unknown to the peer."""
    report = await report_queries.find(tx, job.report_id)
    sender = await accounts.find_instance_account(tx, site)
    target = await account_queries.find(tx, report.target_id) if report is not None else None
    if report is None or sender is None or target is None or not target.domain:
        return None
    posts = await post_queries.load_by_ids(tx, reports.post_ids(report))
    objects = [target.uri, *(row.uri for row in posts.values() if row.account_id == target.id)]
    uri = site.links.activity(sender.uri, "flags", report.id)
    activity = activities.flag(uri, sender.uri, objects, report.comment, target.uri)
    return OutboundActivity(sender, activity, (target.inbox_uri,))
