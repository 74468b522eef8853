"""Figures about the whole node."""

from __future__ import annotations

from sqlalchemy import func, select

from storage.schema.tables import accounts, peers
from storage.statements import Tx

LOCAL_POSTS = select(func.coalesce(func.sum(accounts.c.posts_count), 0)).where(accounts.c.domain == "")
PEERS = select(func.count()).select_from(peers)
PEER_NAMES = select(peers.c.domain).where(peers.c.policy != "block").order_by(peers.c.domain)


async def local_posts(tx: Tx) -> int:
    return int(await tx.value(LOCAL_POSTS))


async def known_peers(tx: Tx) -> int:
    return int(await tx.value(PEERS))


async def peer_names(tx: Tx) -> list[str]:
    return await tx.values(PEER_NAMES)
