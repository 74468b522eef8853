"""Block (ActivityPub §6.9): kept, so that neither side reaches the other; nobody is told."""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.relationships import blocks
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    target = await accounts.find_by_uri(tx, inbound.activity.object_id or "")
    if target is None or target.domain:
        raise IgnoredError("of nobody here")
    uri = inbound.activity.id or f"{inbound.actor.uri}#blocks/{target.id}"
    await blocks.receive(tx, inbound.actor, target, uri)
