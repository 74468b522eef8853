"""Follows of our members, and their answers to those who ask to follow them."""

from __future__ import annotations

from activitypub import activities
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.outbound.activity import OutboundActivity
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries


async def render_follow(tx: ReadTx, site: NodeContext, job: jobs.Follow) -> OutboundActivity | None:
    """Return a Follow for the account that is to be followed."""
    sender = await account_queries.find(tx, job.account_id)
    target = await account_queries.find(tx, job.target_id)
    if sender is None or target is None or not target.domain:
        return None
    return OutboundActivity(sender, activities.follow(job.uri, sender.uri, target.uri), (target.inbox_uri,))


async def render_undo_follow(tx: ReadTx, site: NodeContext, job: jobs.UndoFollow) -> OutboundActivity | None:
    """Return the Undo of a Follow for the account that was followed."""
    sender = await account_queries.find(tx, job.account_id)
    target = await account_queries.find(tx, job.target_id)
    if sender is None or target is None or not target.domain:
        return None
    follow = activities.follow(job.uri, sender.uri, target.uri)
    activity = activities.undo(site.links.undo(job.uri), sender.uri, follow)
    return OutboundActivity(sender, activity, (target.inbox_uri,))


async def render_answer(tx: Tx, site: NodeContext, job: jobs.AnswerFollow) -> OutboundActivity | None:
    """Return the Accept or Reject of a Follow for the account that asked."""
    sender = await account_queries.find(tx, job.account_id)
    follower = await account_queries.find(tx, job.follower_id)
    if sender is None or follower is None or not follower.domain:
        return None
    kind, path = ("Accept", "accepts") if job.accepted else ("Reject", "rejects")
    follow = activities.follow(job.uri, follower.uri, sender.uri)
    uri = site.links.activity(sender.uri, path, tx.new_id())
    activity = activities.answer(kind, uri, sender.uri, follow, follower.uri)
    return OutboundActivity(sender, activity, (follower.inbox_uri,))
