"""Follow (ActivityPub §7.5): of an account of ours."""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.peers import relays
from fedserver.domain.relationships import follows
from fedserver.federation.inbound.item import Dropped, Item
from storage.engine import Tx


async def handle(tx: Tx, item: Item) -> None:
    target = await accounts.by_uri(tx, item.activity.object_id or "")
    if target is None or target.domain:
        raise Dropped("nobody of that name here")
    if not item.activity.id:
        raise Dropped("a Follow needs an id to be answered")
    if await relays.receive_follow(tx, item.actor, target, item.activity.id):
        return
    await follows.receive(tx, item.actor, target, item.activity.id)
