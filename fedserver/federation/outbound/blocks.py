"""Blocks of our members, sent to the blocked accounts so that their server keeps away as well."""

from __future__ import annotations

from activitypub import activities
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.outbound.activity import OutboundActivity, load_parties
from storage.engine import ReadTx


async def render_block(tx: ReadTx, site: NodeContext, job: jobs.Block) -> OutboundActivity | None:
    """Return a Block for the blocked account."""
    parties = await load_parties(tx, job.account_id, job.target_id)
    if parties is None:
        return None
    sender, target = parties
    return OutboundActivity(sender, activities.block(job.uri, sender.uri, target.uri), (target.inbox_uri,))


async def render_undo_block(tx: ReadTx, site: NodeContext, job: jobs.UndoBlock) -> OutboundActivity | None:
    """Return the Undo of a Block for the account that was blocked."""
    parties = await load_parties(tx, job.account_id, job.target_id)
    if parties is None:
        return None
    sender, target = parties
    block = activities.block(job.uri, sender.uri, target.uri)
    activity = activities.undo(site.links.undo(job.uri), sender.uri, block)
    return OutboundActivity(sender, activity, (target.inbox_uri,))
