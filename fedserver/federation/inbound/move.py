"""Move (FEP-7628): an account goes on as another; sent by the old account or (pull mode) by the new one."""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.portability import moves
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.resolve import Resolver
from storage.engine import Tx


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity with both accounts, fetched again. Raises IgnoredError.

    A Move that the new account sends counts only if the old one names it as its successor as well.
    """
    old_uri, new_uri = inbound.activity.object_id, inbound.activity.target
    if old_uri is None or new_uri is None or old_uri == new_uri:
        raise IgnoredError("it needs two accounts")
    if inbound.actor.uri not in (old_uri, new_uri):
        raise IgnoredError("the actor is neither of its accounts")
    target = await resolver.fetch_actor(new_uri)
    if inbound.actor.uri == old_uri:
        return structs.replace(inbound, moved_account=inbound.actor, target=target)
    moved_account = await resolver.fetch_actor(old_uri)
    if moved_account is None or target is None or moved_account.moved_to_id != target.id:
        raise IgnoredError("the old account does not confirm the move")
    return structs.replace(inbound, moved_account=moved_account, target=target)


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Move the followers of an account to its successor. Raises IgnoredError."""
    if inbound.moved_account is None or inbound.target is None:
        raise IgnoredError("one of its accounts cannot be read")
    if not await moves.receive(tx, inbound.moved_account, inbound.target):
        raise IgnoredError("the new account does not confirm the move, or the last move is too recent")
