"""What relays are told: that the node follows them, and no longer. Mastodon's Follow is of the Public."""

from __future__ import annotations

from activitypub import PUBLIC, Document, activities
from fedserver import domain
from fedserver.federation.outgoing.tasks import Outgoing, Render
from storage import Tx


def _follow(uri: str, actor: str) -> Document:
    made = activities.follow(uri, actor, PUBLIC)
    return {name: value for name, value in made.items() if name != "to"}


async def follow(tx: Tx, site: domain.Site, task: domain.tasks.FollowRelay) -> Outgoing | None:
    sender = await domain.accounts.instance_account(tx, site)
    return Outgoing(sender, _follow(task.uri, sender.uri), (task.inbox_uri,)) if sender is not None else None


async def undo_follow(tx: Tx, site: domain.Site, task: domain.tasks.UndoFollowRelay) -> Outgoing | None:
    sender = await domain.accounts.instance_account(tx, site)
    if sender is None:
        return None
    made = activities.undo(site.links.undo(task.uri), sender.uri, _follow(task.uri, sender.uri))
    return Outgoing(sender, made, (task.inbox_uri,))


RENDER: dict[type[domain.tasks.Task], Render] = {
    domain.tasks.FollowRelay: follow,
    domain.tasks.UndoFollowRelay: undo_follow,
}
