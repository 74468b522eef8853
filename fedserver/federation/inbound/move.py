"""Move (FEP-7628): an account goes on as another, told by the old one or (pull) by the new one."""

from __future__ import annotations

from fedserver.domain.portability import moves
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    if inbound.moved_account is None or inbound.target is None:
        raise IgnoredError("nobody moves, or to nowhere")
    if not await moves.receive(tx, inbound.moved_account, inbound.target):
        raise IgnoredError("the two are not one, or it moved a short time ago")
