"""Create (ActivityPub §7.2): a post of the actor, if it concerns anybody here; or votes in a poll of ours."""

from __future__ import annotations

from fedserver.domain.posts import remote_posts, votes
from fedserver.domain.timelines import partner_posts
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import follows as follow_queries


async def handle(tx: Tx, inbound: InboundActivity) -> None:
    if inbound.votes:
        counted = [await votes.receive(tx, inbound.actor, each) for each in inbound.votes]
        if not any(counted):
            raise IgnoredError("votes for nothing that can be voted for")
        return
    remote = inbound.remote_post
    if remote is None:
        raise IgnoredError("no post came with it")
    if remote.author_uri != inbound.actor.uri:
        raise IgnoredError("the post is somebody else's")
    if not await _is_relevant(tx, inbound):
        raise IgnoredError("concerns nobody here")
    await remote_posts.receive(tx, inbound.actor, remote)


async def _is_relevant(tx: Tx, item: InboundActivity) -> bool:
    """Somebody here follows the author, is named, or wrote what is answered; or partners agreed on it."""
    assert item.remote_post is not None
    if await follow_queries.has_local_followers(tx, item.actor.id):
        return True
    if await partner_posts.is_covered_by_agreement(
        tx, item.actor, item.remote_post.visibility, item.remote_post.addressed_uris
    ):
        return True
    uris = [*item.remote_post.mentioned_uris, *item.remote_post.addressed_uris][:200]
    named = await account_queries.load_by_uris(tx, uris)
    if any(not account.domain for account in named):
        return True
    answered = item.remote_post.in_reply_to
    return answered is not None and await post_queries.find_by_uri(tx, answered) is not None
