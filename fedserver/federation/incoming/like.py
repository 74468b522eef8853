"""Like (ActivityPub §7.10), and what other software sends in its place: EmojiReact (FEP-c0e0)."""

from __future__ import annotations

from fedserver import domain
from fedserver.federation.incoming.item import Dropped, Item
from storage import Tx


async def handle(tx: Tx, item: Item) -> None:
    if item.post is None:
        raise Dropped("of nothing that is here")
    uri = item.activity.id or f"{item.actor.uri}#likes/{item.post.id}"
    if item.reaction is not None:
        emoji = domain.reactions.Emoji(item.reaction.name, item.reaction.url)
        if await domain.reactions.receive(tx, item.actor, uri, item.post, emoji):
            return
    await domain.likes.receive(tx, item.actor, uri, item.post)
