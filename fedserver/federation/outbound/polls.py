"""The state of our polls, and our members' votes in polls of peers (FEP-9967)."""

from __future__ import annotations

from activitypub import activities
from activitypub.objects import write_vote
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.outbound.activity import (
    OutboundActivity,
    list_inboxes,
    list_post_inboxes,
    load_parties,
)
from fedserver.federation.outbound.posts import load_post
from storage.engine import ReadTx
from storage.queries.posts import polls as poll_queries
from storage.queries.posts import posts as post_queries


async def render_update(tx: ReadTx, site: NodeContext, job: jobs.UpdatePoll) -> OutboundActivity | None:
    """Return the Update of a Question with its counters, also for those who voted."""
    post = await load_post(tx, site, job.post_id)
    if post is None:
        return None
    row = post.row
    activity = activities.update(site.links.update(row.uri, tx.now), post.author.uri, post.document, tx.now)
    voter_ids = await poll_queries.list_remote_voters(tx, row.id)
    # Sender -1 has no followers: only the voters themselves are meant.
    voter_inboxes = await list_inboxes(tx, -1, row.visibility, voter_ids)
    inboxes = await list_post_inboxes(tx, site, row)
    return OutboundActivity(post.author, activity, tuple(dict.fromkeys((*inboxes, *voter_inboxes))))


async def render_vote(tx: ReadTx, site: NodeContext, job: jobs.Vote) -> OutboundActivity | None:
    """Return a vote for the author of the poll alone."""
    row = await poll_queries.find_vote(tx, job.vote_id)
    post = await post_queries.find(tx, row.post_id) if row else None
    if row is None or post is None:
        return None
    parties = await load_parties(tx, row.account_id, post.account_id)
    if parties is None:
        return None
    voter, author = parties
    options = {option.id: option for option in await poll_queries.list_options(tx, post.id)}
    name = options[row.option_id].name
    document = write_vote(row.uri, voter.uri, name, post.uri, author.uri)
    activity = activities.vote(site.links.create(row.uri), voter.uri, document)
    return OutboundActivity(voter, activity, (author.inbox_uri,))
