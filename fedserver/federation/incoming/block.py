"""Block (ActivityPub §6.9): kept, so that neither side reaches the other; nobody is told."""

from __future__ import annotations

from fedserver import domain
from fedserver.federation.incoming.item import Dropped, Item
from storage import Tx


async def handle(tx: Tx, item: Item) -> None:
    target = await domain.accounts.by_uri(tx, item.activity.object_id or "")
    if target is None or target.domain:
        raise Dropped("of nobody here")
    uri = item.activity.id or f"{item.actor.uri}#blocks/{target.id}"
    await domain.blocks.receive(tx, item.actor, target, uri)
