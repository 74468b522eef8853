"""Block (ActivityPub §6.9): kept, so that neither side reaches the other; nobody is told."""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.relationships import blocks
from fedserver.federation.inbound.item import Dropped, Item
from storage.engine import Tx


async def handle(tx: Tx, item: Item) -> None:
    target = await accounts.by_uri(tx, item.activity.object_id or "")
    if target is None or target.domain:
        raise Dropped("of nobody here")
    uri = item.activity.id or f"{item.actor.uri}#blocks/{target.id}"
    await blocks.receive(tx, item.actor, target, uri)
