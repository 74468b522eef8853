"""Follow (ActivityPub §7.5): of an account of ours."""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from fedserver.domain.peers import relays
from fedserver.domain.relationships import follows
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    target = await accounts.find_by_uri(tx, inbound.activity.object_id or "")
    if target is None or target.domain:
        raise IgnoredError("nobody of that name here")
    if not inbound.activity.id:
        raise IgnoredError("a Follow needs an id to be answered")
    if await relays.receive_follow(tx, inbound.actor, target, inbound.activity.id):
        return
    await follows.receive(tx, inbound.actor, target, inbound.activity.id)
