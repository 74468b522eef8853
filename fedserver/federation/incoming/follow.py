"""Follow (ActivityPub §7.5): of an account of ours."""

from __future__ import annotations

from fedserver import domain
from fedserver.federation.incoming.item import Dropped, Item
from storage import Tx


async def handle(tx: Tx, item: Item) -> None:
    target = await domain.accounts.by_uri(tx, item.activity.object_id or "")
    if target is None or target.domain:
        raise Dropped("nobody of that name here")
    if not item.activity.id:
        raise Dropped("a Follow needs an id to be answered")
    if await domain.relays.receive_follow(tx, item.actor, target, item.activity.id):
        return
    await domain.follows.receive(tx, item.actor, target, item.activity.id)
