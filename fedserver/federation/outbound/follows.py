"""Follows of our members, and their answers to those who ask to follow them."""

from __future__ import annotations

from activitypub import activities
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.outbound.activity import OutboundActivity, load_parties
from storage.engine import ReadTx, Tx


async def render_follow(tx: ReadTx, site: NodeContext, job: jobs.Follow) -> OutboundActivity | None:
    """Return a Follow for the account that is to be followed."""
    parties = await load_parties(tx, job.account_id, job.target_id)
    if parties is None:
        return None
    sender, target = parties
    return OutboundActivity(sender, activities.follow(job.uri, sender.uri, target.uri), (target.inbox_uri,))


async def render_undo_follow(tx: ReadTx, site: NodeContext, job: jobs.UndoFollow) -> OutboundActivity | None:
    """Return the Undo of a Follow for the account that was followed."""
    parties = await load_parties(tx, job.account_id, job.target_id)
    if parties is None:
        return None
    sender, target = parties
    follow = activities.follow(job.uri, sender.uri, target.uri)
    activity = activities.undo(site.links.undo(job.uri), sender.uri, follow)
    return OutboundActivity(sender, activity, (target.inbox_uri,))


async def render_answer(tx: Tx, site: NodeContext, job: jobs.AnswerFollow) -> OutboundActivity | None:
    """Return the Accept or Reject of a Follow for the account that asked."""
    parties = await load_parties(tx, job.account_id, job.follower_id)
    if parties is None:
        return None
    sender, follower = parties
    kind, path = ("Accept", "accepts") if job.accepted else ("Reject", "rejects")
    follow = activities.follow(job.uri, follower.uri, sender.uri)
    uri = site.links.activity(sender.uri, path, tx.new_id())
    activity = activities.answer(kind, uri, sender.uri, follow, follower.uri)
    return OutboundActivity(sender, activity, (follower.inbox_uri,))
