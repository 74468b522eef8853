"""What relays are told: that the node follows them, and no longer; LitePub's also what members wrote."""

from __future__ import annotations

from activitypub import activities
from activitypub.document import Document
from activitypub.terms import PUBLIC
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import Site
from fedserver.domain.peers import relays
from fedserver.federation.outbound.activities import Outgoing, Render
from storage.engine import Tx


def _follow(uri: str, actor: str, target: str) -> Document:
    made = activities.follow(uri, actor, target or PUBLIC)
    return {name: value for name, value in made.items() if target or name != "to"}


async def follow(tx: Tx, site: Site, task: jobs.FollowRelay) -> Outgoing | None:
    sender = await accounts.instance_account(tx, site)
    if sender is None:
        return None
    return Outgoing(sender, _follow(task.uri, sender.uri, task.target), (task.inbox_uri,))


async def undo_follow(tx: Tx, site: Site, task: jobs.UndoFollowRelay) -> Outgoing | None:
    sender = await accounts.instance_account(tx, site)
    if sender is None:
        return None
    made = activities.undo(site.links.undo(task.uri), sender.uri, _follow(task.uri, sender.uri, task.target))
    return Outgoing(sender, made, (task.inbox_uri,))


async def boost(tx: Tx, site: Site, task: jobs.BoostForRelays) -> Outgoing | None:
    sender = await accounts.instance_account(tx, site)
    post = await relays.boosted(tx, task.post_id)
    if sender is None or post is None:
        return None
    uri = site.links.act(sender.uri, "announces", post.id)
    made = activities.announce(uri, sender.uri, post.uri, [PUBLIC], [sender.followers_uri], post.published_at)
    return Outgoing(sender, made, await relays.boost_inboxes(tx))


RENDER: dict[type[jobs.Task], Render] = {
    jobs.FollowRelay: follow,
    jobs.UndoFollowRelay: undo_follow,
    jobs.BoostForRelays: boost,
}
