"""Create (ActivityPub §7.2): a post that is relevant to a member, or votes in a local poll."""

from __future__ import annotations

from msgspec import structs

from activitypub.activities import Activity
from fedserver.domain.posts import remote_content, remote_posts, votes
from fedserver.domain.timelines import partner_posts
from fedserver.federation.convert.polls import to_remote_vote
from fedserver.federation.inbound.activity import IgnoredError, InboundActivity
from fedserver.federation.inbound.embedded import prepare_post
from fedserver.federation.resolve import Resolver
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow


async def prepare(resolver: Resolver, inbound: InboundActivity) -> InboundActivity:
    """Return the activity with the votes or the post that it embeds. Raises IgnoredError."""
    if remote_votes := parse_votes(inbound.actor, inbound.activity):
        return structs.replace(inbound, votes=remote_votes)
    return await prepare_post(resolver, inbound)


def parse_votes(actor: AccountRow, activity: Activity) -> tuple[votes.RemoteVote, ...]:
    """Return the votes in a poll; some servers send those of one person together, as a list."""
    documents = [document for document in activity.objects if isinstance(document, dict)]
    remote_votes = [to_remote_vote(actor.uri, document) for document in documents]
    return tuple(vote for vote in remote_votes if vote is not None)


async def apply(tx: Tx, inbound: InboundActivity) -> None:
    """Count votes or store a post. Raises IgnoredError for votes that do not count and irrelevant posts."""
    if inbound.votes:
        counted = [await votes.receive(tx, inbound.actor, vote) for vote in inbound.votes]
        if not any(counted):
            raise IgnoredError("none of the votes counts")
        return
    await receive_post(tx, inbound, restoring="if_newer")


async def receive_post(tx: Tx, inbound: InboundActivity, *, restoring: str = "") -> None:
    """Store a post that is new here; `restoring` as in `remote_posts.receive`. Raises IgnoredError."""
    remote_post = inbound.remote_post
    if remote_post is None:
        raise IgnoredError("it holds no post")
    if remote_post.author_uri != inbound.actor.uri:
        raise IgnoredError("the post belongs to another actor")
    reader = await _find_unnamed_reader(tx, inbound, remote_post)
    # Who is not named is not told to the other readers either.
    addressed = remote_post.addressed_uris if reader is None else (reader.uri,)
    if not await _is_relevant(tx, inbound, structs.replace(remote_post, addressed_uris=addressed)):
        raise IgnoredError("it is relevant to no member")
    row = await remote_posts.receive(tx, inbound.actor, remote_post, restoring=restoring)
    if row is not None and reader is not None:
        await remote_posts.add_reader(tx, row, reader)


async def _find_unnamed_reader(
    tx: ReadTx, inbound: InboundActivity, post: remote_content.RemotePost
) -> AccountRow | None:
    """Return the member who got a post that names no readers, as `bcc` leaves it; None for other posts.

    Each inbox that it is delivered to has a reader of its own.
    """
    if post.addressed_uris or inbound.target_id is None:
        return None
    return await account_queries.find(tx, inbound.target_id)


async def _is_relevant(tx: ReadTx, inbound: InboundActivity, post: remote_content.RemotePost) -> bool:
    """Return True if a member follows the author, is addressed or answered, or if partners agreed on it."""
    author, links = inbound.actor, inbound.site.links
    if await follow_queries.has_local_followers(tx, author.id):
        return True
    if await partner_posts.is_covered_by_agreement(tx, author, post.visibility, post.addressed_uris):
        return True
    uris = [uri for uri in (*post.mentioned_uris, *post.addressed_uris) if links.is_local(uri)]
    addressed = await account_queries.load_by_uris(tx, uris) if uris else []
    if any(not account.domain for account in addressed):
        return True
    return post.in_reply_to is not None and await post_queries.find_by_uri(tx, post.in_reply_to) is not None
