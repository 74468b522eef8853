"""Blocks of our members, sent to the blocked accounts so that their server keeps away as well."""

from __future__ import annotations

from activitypub import activities
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.outbound.activity import OutboundActivity
from storage.engine import ReadTx
from storage.queries.accounts import accounts as account_queries


async def render_block(tx: ReadTx, site: NodeContext, job: jobs.Block) -> OutboundActivity | None:
    """Return a Block for the blocked account."""
    sender = await account_queries.find(tx, job.account_id)
    target = await account_queries.find(tx, job.target_id)
    if sender is None or target is None or not target.domain:
        return None
    return OutboundActivity(sender, activities.block(job.uri, sender.uri, target.uri), (target.inbox_uri,))


async def render_undo_block(tx: ReadTx, site: NodeContext, job: jobs.UndoBlock) -> OutboundActivity | None:
    """Return the Undo of a Block for the account that was blocked."""
    sender = await account_queries.find(tx, job.account_id)
    target = await account_queries.find(tx, job.target_id)
    if sender is None or target is None or not target.domain:
        return None
    block = activities.block(job.uri, sender.uri, target.uri)
    activity = activities.undo(site.links.undo(job.uri), sender.uri, block)
    return OutboundActivity(sender, activity, (target.inbox_uri,))
