"""Like (ActivityPub §7.10), and what other software sends in its place: EmojiReact (FEP-c0e0)."""

from __future__ import annotations

from fedserver.domain.posts import likes, reactions
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    if inbound.post is None:
        raise IgnoredError("of nothing that is here")
    uri = inbound.activity.id or f"{inbound.actor.uri}#likes/{inbound.post.id}"
    if inbound.reaction is not None:
        emoji = reactions.Emoji(inbound.reaction.name, inbound.reaction.url)
        if await reactions.receive(tx, inbound.actor, uri, inbound.post, emoji):
            return
    await likes.receive(tx, inbound.actor, uri, inbound.post)
