"""Likes and emoji reactions of our members to posts of peers."""

from __future__ import annotations

from activitypub import activities
from activitypub.document import Document
from activitypub.reactions import Reaction, with_reaction
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.outbound.activity import OutboundActivity, load_parties
from storage.engine import ReadTx
from storage.queries.posts import posts as post_queries


def _build_like(
    site: NodeContext, job: jobs.Like | jobs.UndoLike, actor_uri: str, post_uri: str, author_uri: str
) -> Document:
    like = activities.like(job.uri, actor_uri, post_uri, author_uri)
    picture = site.links.with_grant(job.picture)
    return with_reaction(like, Reaction(job.emoji, picture)) if job.emoji else like


async def render_like(tx: ReadTx, site: NodeContext, job: jobs.Like) -> OutboundActivity | None:
    """Return a like, with its emoji if it is a reaction, for the author of the post."""
    post = await post_queries.find(tx, job.post_id)
    parties = await load_parties(tx, job.account_id, post.account_id) if post is not None else None
    if post is None or parties is None:
        return None
    sender, author = parties
    like = _build_like(site, job, sender.uri, post.uri, author.uri)
    return OutboundActivity(sender, like, (author.inbox_uri,))


async def render_undo_like(tx: ReadTx, site: NodeContext, job: jobs.UndoLike) -> OutboundActivity | None:
    """Return the Undo of a like or reaction for the author of the post."""
    parties = await load_parties(tx, job.account_id, job.author_id)
    if parties is None:
        return None
    sender, author = parties
    like = _build_like(site, job, sender.uri, job.post_uri, author.uri)
    activity = activities.undo(site.links.undo(job.uri), sender.uri, like)
    return OutboundActivity(sender, activity, (author.inbox_uri,))
