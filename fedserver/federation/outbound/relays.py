"""Relays: that the node follows them, or no longer; LitePub's also get boosts of our members' posts."""

from __future__ import annotations

from activitypub import activities
from activitypub.document import Document
from activitypub.terms import PUBLIC
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import relays
from fedserver.federation.outbound.activity import OutboundActivity
from storage.engine import ReadTx


def _build_follow(uri: str, actor_uri: str, target_uri: str) -> Document:
    """Return a Follow of a relay's actor, or of the Public, which Mastodon sends without `to` (FEP-ae0c)."""
    activity = activities.follow(uri, actor_uri, target_uri or PUBLIC)
    return {name: value for name, value in activity.items() if target_uri or name != "to"}


async def render_follow(tx: ReadTx, site: NodeContext, job: jobs.FollowRelay) -> OutboundActivity | None:
    """Return a Follow by the node's own actor for a relay."""
    sender = await accounts.find_instance_account(tx, site)
    if sender is None:
        return None
    return OutboundActivity(sender, _build_follow(job.uri, sender.uri, job.target), (job.inbox_uri,))


async def render_undo_follow(
    tx: ReadTx, site: NodeContext, job: jobs.UndoFollowRelay
) -> OutboundActivity | None:
    """Return the Undo of that Follow."""
    sender = await accounts.find_instance_account(tx, site)
    if sender is None:
        return None
    follow = _build_follow(job.uri, sender.uri, job.target)
    activity = activities.undo(site.links.undo(job.uri), sender.uri, follow)
    return OutboundActivity(sender, activity, (job.inbox_uri,))


async def render_boost(tx: ReadTx, site: NodeContext, job: jobs.BoostForRelays) -> OutboundActivity | None:
    """Return the boost of a public post by the node's own actor for the relays that want boosts."""
    # guard: boosts for relays
    if site.access.is_private:
        return None
    sender = await accounts.find_instance_account(tx, site)
    post = await relays.find_boostable(tx, job.post_id)
    if sender is None or post is None:
        return None
    uri = site.links.activity(sender.uri, "announces", post.id)
    activity = activities.announce(
        uri, sender.uri, post.uri, [PUBLIC], [sender.followers_uri], post.published_at
    )
    return OutboundActivity(sender, activity, await relays.list_boost_inboxes(tx))
