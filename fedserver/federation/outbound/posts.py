"""Create, Update and Delete of our posts."""

from __future__ import annotations

from activitypub import activities
from activitypub.terms import PUBLIC
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.timelines import poll_views
from fedserver.federation.outbound.activity import (
    OutboundActivity,
    list_inboxes,
    list_post_inboxes,
    list_public_inboxes,
)
from fedserver.federation.outbound.objects import RenderedPost, render_post
from fedserver.federation.outbound.replies import load_self_replies
from storage.engine import ReadTx
from storage.queries.accounts import accounts as account_queries
from storage.queries.content import media as media_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.queries.relationships import blocks as block_queries


async def load_post(tx: ReadTx, site: NodeContext, post_id: int) -> RenderedPost | None:
    """Return a local post with its document. Returns None if it is gone or never leaves the node."""
    row = await post_queries.find(tx, post_id)
    if row is None or row.state != "published" or row.visibility == "local":
        return None
    author = await account_queries.find(tx, row.account_id)
    if author is None or author.deleted_at is not None:
        return None
    files = await media_queries.load_by_posts(tx, [row.id])
    polls = await poll_views.load(tx, [row], None)
    quote = await quote_queries.find_by_post(tx, row.id)
    self_replies = (await load_self_replies(tx, [row])).get(row.id, ())
    document = render_post(site, row, author, files, polls.get(row.id), quote, self_replies)
    return RenderedPost(row, author, document)


async def render_create(tx: ReadTx, site: NodeContext, job: jobs.CreatePost) -> OutboundActivity | None:
    """Return the Create of a new post for its audience."""
    post = await load_post(tx, site, job.post_id)
    if post is None:
        return None
    activity = activities.create(site.links.create(post.row.uri), post.author.uri, post.document)
    inboxes = await list_post_inboxes(tx, site, post.row)
    return OutboundActivity(post.author, activity, inboxes, post.row.visibility == "followers")


async def render_update(tx: ReadTx, site: NodeContext, job: jobs.UpdatePost) -> OutboundActivity | None:
    """Return the Update of an edited post, also for those who boosted or quoted it."""
    post = await load_post(tx, site, job.post_id)
    if post is None:
        return None
    row = post.row
    moment = job.moment or row.edited_at or row.published_at
    activity = activities.update(site.links.update(row.uri, moment), post.author.uri, post.document, moment)
    booster_ids = [booster_id for _, booster_id in await post_queries.list_boosts(tx, row.id)]
    quoter_ids = [quoter_id for _, quoter_id in await quote_queries.list_quoters(tx, row.id)]
    inboxes = await list_post_inboxes(tx, site, row)
    # Sender -1 has no followers: only the accounts themselves are meant.
    more_inboxes = await list_inboxes(tx, -1, "direct", [*booster_ids, *quoter_ids])
    inboxes = tuple(dict.fromkeys((*inboxes, *more_inboxes)))
    return OutboundActivity(post.author, activity, inboxes, row.visibility == "followers")


async def render_delete(tx: ReadTx, site: NodeContext, job: jobs.DeletePost) -> OutboundActivity | None:
    """Return the Delete of a post for everyone who may have a copy."""
    author = await account_queries.find(tx, job.account_id)
    if author is None:
        return None
    visibility, account_ids = job.audience.visibility, job.audience.account_ids
    accounts = await account_queries.load_by_ids(tx, list(account_ids))
    to = [PUBLIC] if visibility in ("public", "unlisted") else [account.uri for account in accounts]
    activity = activities.delete(site.links.delete(job.uri), author.uri, job.uri, to)
    if job.at and visibility != "direct":
        # They followed until they were blocked, and have a copy.
        account_ids = (*account_ids, *await block_queries.list_blocked_since(tx, author.id, job.at))
    inboxes = await list_inboxes(tx, author.id, visibility, account_ids)
    public_inboxes = await list_public_inboxes(tx, site, visibility, is_deletion=True)
    return OutboundActivity(author, activity, tuple(dict.fromkeys((*inboxes, *public_inboxes))))
