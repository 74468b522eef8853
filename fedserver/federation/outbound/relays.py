"""What relays are told: that the node follows them, and no longer; LitePub's also what members wrote."""

from __future__ import annotations

from activitypub import activities
from activitypub.document import Document
from activitypub.terms import PUBLIC
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import relays
from fedserver.federation.outbound.activities import OutboundActivity, Renderer
from storage.engine import Tx


def _build_follow(uri: str, actor: str, target: str) -> Document:
    made = activities.follow(uri, actor, target or PUBLIC)
    return {name: value for name, value in made.items() if target or name != "to"}


async def render_follow(tx: Tx, site: NodeContext, job: jobs.FollowRelay) -> OutboundActivity | None:
    sender = await accounts.find_instance_account(tx, site)
    if sender is None:
        return None
    return OutboundActivity(sender, _build_follow(job.uri, sender.uri, job.target), (job.inbox_uri,))


async def render_undo_follow(tx: Tx, site: NodeContext, job: jobs.UndoFollowRelay) -> OutboundActivity | None:
    sender = await accounts.find_instance_account(tx, site)
    if sender is None:
        return None
    made = activities.undo(
        site.links.undo(job.uri), sender.uri, _build_follow(job.uri, sender.uri, job.target)
    )
    return OutboundActivity(sender, made, (job.inbox_uri,))


async def render_boost(tx: Tx, site: NodeContext, job: jobs.BoostForRelays) -> OutboundActivity | None:
    sender = await accounts.find_instance_account(tx, site)
    post = await relays.find_boostable(tx, job.post_id)
    if sender is None or post is None:
        return None
    uri = site.links.activity(sender.uri, "announces", post.id)
    made = activities.announce(uri, sender.uri, post.uri, [PUBLIC], [sender.followers_uri], post.published_at)
    return OutboundActivity(sender, made, await relays.list_boost_inboxes(tx))


RENDERERS: dict[type[jobs.Job], Renderer] = {
    jobs.FollowRelay: render_follow,
    jobs.UndoFollowRelay: render_undo_follow,
    jobs.BoostForRelays: render_boost,
}
