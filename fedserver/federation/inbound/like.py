"""Like (ActivityPub §7.10), and what other software sends in its place: EmojiReact (FEP-c0e0)."""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.posts import likes, reactions
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.resolve import Resolver
from storage.engine import Tx

LIKE_TYPES = ("Like", "EmojiReact")


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity with the stored post it likes and its emoji; nothing is fetched."""
    activity = inbound.activity
    if not activity.object_id:
        return inbound
    post, reaction = await resolver.find_post(activity.object_id), activity.reaction
    # Where the files of a peer are not shown, its custom emoji are not shown either.
    is_shown = reaction is not None and (not reaction.url or resolver.allows_media(inbound.actor))
    return structs.replace(inbound, post=post, reaction=reaction if is_shown else None)


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Store a reaction, or a like where the emoji is not accepted. Raises IgnoredError."""
    if inbound.post is None:
        raise IgnoredError("the liked post is not known")
    uri = inbound.activity.id or likes.build_uri(inbound.actor, inbound.post)
    if inbound.reaction is not None:
        emoji = reactions.Emoji(inbound.reaction.name, inbound.reaction.url)
        if await reactions.receive(tx, inbound.actor, uri, inbound.post, emoji):
            return
    await likes.receive(tx, inbound.actor, uri, inbound.post)
