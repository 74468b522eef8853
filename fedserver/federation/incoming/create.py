"""Create (ActivityPub §7.2): a post of the actor, if it concerns anybody here; or votes in a poll of ours."""

from __future__ import annotations

from fedserver import domain
from fedserver.federation.incoming.item import Dropped, Item
from storage import Tx, queries


async def handle(tx: Tx, item: Item) -> None:
    if item.votes:
        counted = [await domain.votes.receive(tx, item.actor, each) for each in item.votes]
        if not any(counted):
            raise Dropped("votes for nothing that can be voted for")
        return
    remote = item.remote
    if remote is None:
        raise Dropped("no post came with it")
    if remote.author_uri != item.actor.uri:
        raise Dropped("the post is somebody else's")
    if not await _concerns(tx, item):
        raise Dropped("concerns nobody here")
    await domain.remote_posts.receive(tx, item.actor, remote)


async def _concerns(tx: Tx, item: Item) -> bool:
    """Somebody here follows the author, is named, or wrote what is answered; or partners agreed on it."""
    assert item.remote is not None
    if await queries.follows.has_local_followers(tx, item.actor.id):
        return True
    if await domain.partner_posts.concerns(
        tx, item.actor, item.remote.visibility, item.remote.addressed_uris
    ):
        return True
    uris = [*item.remote.mentioned_uris, *item.remote.addressed_uris][:200]
    named = await queries.accounts.by_uris(tx, uris)
    if any(not account.domain for account in named):
        return True
    answered = item.remote.in_reply_to
    return answered is not None and await queries.posts.by_uri(tx, answered) is not None
