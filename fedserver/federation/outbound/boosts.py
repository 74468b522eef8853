"""Boosts (Announce) of our members."""

from __future__ import annotations

from activitypub import activities
from activitypub.addressing import addresses
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.outbound.activity import OutboundActivity, list_inboxes
from storage.engine import ReadTx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries


async def render_announce(tx: ReadTx, site: NodeContext, job: jobs.Announce) -> OutboundActivity | None:
    """Return a boost for the booster's followers and the author of the post."""
    boost = await post_queries.find(tx, job.boost_id)
    post = await post_queries.find(tx, boost.boost_of_id) if boost and boost.boost_of_id else None
    sender = await account_queries.find(tx, boost.account_id) if boost else None
    author = await account_queries.find(tx, post.account_id) if post else None
    if boost is None or post is None or sender is None or author is None:
        return None
    to, cc = addresses(boost.visibility, sender.followers_uri, [author.uri])
    activity = activities.announce(boost.uri, sender.uri, post.uri, to, cc, boost.published_at)
    inboxes = await list_inboxes(tx, sender.id, boost.visibility, [author.id])
    return OutboundActivity(sender, activity, inboxes)


async def render_undo_announce(
    tx: ReadTx, site: NodeContext, job: jobs.UndoAnnounce
) -> OutboundActivity | None:
    """Return the Undo of a boost for those who were sent it."""
    sender = await account_queries.find(tx, job.account_id)
    if sender is None:
        return None
    visibility, account_ids = job.audience.visibility, job.audience.account_ids
    accounts = await account_queries.load_by_ids(tx, list(account_ids))
    to, cc = addresses(visibility, sender.followers_uri, [account.uri for account in accounts])
    announce = activities.announce(job.uri, sender.uri, job.post_uri, to, cc, tx.now)
    activity = activities.undo(site.links.undo(job.uri), sender.uri, announce)
    return OutboundActivity(sender, activity, await list_inboxes(tx, sender.id, visibility, account_ids))
