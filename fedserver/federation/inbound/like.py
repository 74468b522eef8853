"""Like (ActivityPub §7.10), and what other software sends in its place: EmojiReact (FEP-c0e0)."""

from __future__ import annotations

from fedserver.domain.posts import likes, reactions
from fedserver.federation.inbound.item import Dropped, Item
from storage.engine import Tx


async def handle(tx: Tx, item: Item) -> None:
    if item.post is None:
        raise Dropped("of nothing that is here")
    uri = item.activity.id or f"{item.actor.uri}#likes/{item.post.id}"
    if item.reaction is not None:
        emoji = reactions.Emoji(item.reaction.name, item.reaction.url)
        if await reactions.receive(tx, item.actor, uri, item.post, emoji):
            return
    await likes.receive(tx, item.actor, uri, item.post)
