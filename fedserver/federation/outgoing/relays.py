"""What relays are told: that the node follows them, and no longer; LitePub's also what members wrote."""

from __future__ import annotations

from activitypub import PUBLIC, Document, activities
from fedserver import domain
from fedserver.federation.outgoing.tasks import Outgoing, Render
from storage import Tx


def _follow(uri: str, actor: str, target: str) -> Document:
    made = activities.follow(uri, actor, target or PUBLIC)
    return {name: value for name, value in made.items() if target or name != "to"}


async def follow(tx: Tx, site: domain.Site, task: domain.tasks.FollowRelay) -> Outgoing | None:
    sender = await domain.accounts.instance_account(tx, site)
    if sender is None:
        return None
    return Outgoing(sender, _follow(task.uri, sender.uri, task.target), (task.inbox_uri,))


async def undo_follow(tx: Tx, site: domain.Site, task: domain.tasks.UndoFollowRelay) -> Outgoing | None:
    sender = await domain.accounts.instance_account(tx, site)
    if sender is None:
        return None
    made = activities.undo(site.links.undo(task.uri), sender.uri, _follow(task.uri, sender.uri, task.target))
    return Outgoing(sender, made, (task.inbox_uri,))


async def boost(tx: Tx, site: domain.Site, task: domain.tasks.BoostForRelays) -> Outgoing | None:
    sender = await domain.accounts.instance_account(tx, site)
    post = await domain.relays.boosted(tx, task.post_id)
    if sender is None or post is None:
        return None
    uri = site.links.act(sender.uri, "announces", post.id)
    made = activities.announce(uri, sender.uri, post.uri, [PUBLIC], [sender.followers_uri], post.published_at)
    return Outgoing(sender, made, await domain.relays.boost_inboxes(tx))


RENDER: dict[type[domain.tasks.Task], Render] = {
    domain.tasks.FollowRelay: follow,
    domain.tasks.UndoFollowRelay: undo_follow,
    domain.tasks.BoostForRelays: boost,
}
