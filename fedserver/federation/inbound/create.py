"""Create (ActivityPub §7.2): a post of the actor, if it concerns anybody here; or votes in a poll of ours."""

from __future__ import annotations

from fedserver.domain.posts import remote_posts, votes
from fedserver.domain.timelines import partner_posts
from fedserver.federation.inbound.item import Dropped, Item
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import follows as follow_queries


async def handle(tx: Tx, item: Item) -> None:
    if item.votes:
        counted = [await votes.receive(tx, item.actor, each) for each in item.votes]
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
    await remote_posts.receive(tx, item.actor, remote)


async def _concerns(tx: Tx, item: Item) -> bool:
    """Somebody here follows the author, is named, or wrote what is answered; or partners agreed on it."""
    assert item.remote is not None
    if await follow_queries.has_local_followers(tx, item.actor.id):
        return True
    if await partner_posts.concerns(tx, item.actor, item.remote.visibility, item.remote.addressed_uris):
        return True
    uris = [*item.remote.mentioned_uris, *item.remote.addressed_uris][:200]
    named = await account_queries.by_uris(tx, uris)
    if any(not account.domain for account in named):
        return True
    answered = item.remote.in_reply_to
    return answered is not None and await post_queries.by_uri(tx, answered) is not None
