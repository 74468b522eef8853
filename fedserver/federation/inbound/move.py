"""Move (FEP-7628): an account goes on as another, told by the old one or (pull) by the new one."""

from __future__ import annotations

from fedserver.domain.portability import moves
from fedserver.federation.inbound.item import Dropped, Item
from storage.engine import Tx


async def handle(tx: Tx, item: Item) -> None:
    if item.moved is None or item.target is None:
        raise Dropped("nobody moves, or to nowhere")
    if not await moves.receive(tx, item.moved, item.target):
        raise Dropped("the two are not one, or it moved a short time ago")
