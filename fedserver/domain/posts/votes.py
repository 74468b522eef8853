"""Votes in polls, and how new results reach streams and peers.

An account may vote until the poll ends: once in a poll with a single choice, else once for each option.

A vote is sent to the author of the poll alone (FEP-9967). Results are sent to streams after seconds and to
peers after minutes, so that a busy poll costs no more than a quiet one.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext, check_not_moved
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.posts import polls
from fedserver.domain.timelines import poll_views, post_views, visibility
from storage.engine import ReadTx, Tx
from storage.queries.posts import polls as poll_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PollOptionRow, PollRow, PollVoteRow, PostRow

BROADCAST_DELAY_MS = 3_000
FEDERATION_DELAY_MS = 180_000
ALREADY_VOTED = "You have already voted on this poll"


class RemoteVote(Struct, frozen=True):
    """A vote of a peer's account: the post and the name of the option."""

    uri: str
    poll_uri: str
    name: str


async def get_view(tx: ReadTx, post_id: int, viewer_id: int | None) -> post_views.PostView:
    """Return a post with a poll that the viewer may see. Raises NotFoundError."""
    views = await post_views.load(tx, [post_id], viewer_id)
    if not views or views[0].poll is None:
        raise NotFoundError
    return views[0]


async def vote(tx: Tx, site: NodeContext, actor: AccountRow, post_id: int, choices: Sequence[int]) -> None:
    """Vote for the options at these positions. Raises NotFoundError, InvalidError, ForbiddenError."""
    check_not_moved(actor)
    post = await visibility.require(tx, post_id, actor.id)
    poll = await poll_queries.lock(tx, post_id)
    options = await poll_queries.list_options(tx, post_id)
    wanted = list(dict.fromkeys(choices))
    if poll is None:
        raise NotFoundError
    _check(tx, post, poll, options, wanted, actor)
    taken = await poll_queries.list_chosen_options(tx, post_id, actor.id)
    if any(options[place].id in taken for place in wanted) or (taken and not poll.multiple):
        raise InvalidError("base", ALREADY_VOTED, "ERR_TAKEN")
    for place in wanted:
        identifier = tx.new_id()
        uri = "" if post.local else site.links.activity(actor.uri, "votes", identifier)
        if not await _record(tx, poll, options[place], actor, identifier, uri):
            raise InvalidError("base", ALREADY_VOTED, "ERR_TAKEN")
        if not post.local:
            await jobs.enqueue(tx, jobs.Vote(identifier))
    if not taken:
        await poll_queries.increment_voters(tx, post_id)
    if not post.local:
        await polls.enqueue_close(tx, poll, delay_ms=polls.CLOSE_DELAY_MS)
    await _enqueue_results(tx, post, poll)


def _check(
    tx: ReadTx,
    post: PostRow,
    poll: PollRow,
    options: Sequence[PollOptionRow],
    wanted: Sequence[int],
    actor: AccountRow,
) -> None:
    if poll_views.is_over(poll, tx.now):
        raise InvalidError("base", "The poll has already ended")
    if post.account_id == actor.id:
        raise InvalidError("base", "You cannot vote in your own polls")
    if not wanted:
        raise InvalidError("choices", "can't be blank", "ERR_BLANK")
    if any(not 0 <= place < len(options) for place in wanted):
        raise InvalidError("base", "The chosen vote option does not exist", "ERR_INCLUSION")
    if len(wanted) > 1 and not poll.multiple:
        raise InvalidError("base", "Only one option of this poll can be chosen")


async def _record(
    tx: Tx, poll: PollRow, option: PollOptionRow, actor: AccountRow, identifier: int, uri: str
) -> bool:
    slot = option.position if poll.multiple else 0
    row = PollVoteRow(identifier, poll.post_id, option.id, actor.id, slot, uri, tx.now)
    return await poll_queries.insert_vote(tx, row)


async def receive(tx: Tx, actor: AccountRow, remote: RemoteVote) -> bool:
    """Record the vote of a peer's account in a local poll; return False if it has no effect.

    A vote has no effect if the account cannot see the poll, if the poll has ended, for an option that it does
    not have, and for a second choice where one is allowed.
    """
    post = await post_queries.find_by_uri(tx, remote.poll_uri)
    if post is None or not post.local or post.visibility == "local" or post.account_id == actor.id:
        return False
    if not await visibility.can_see(tx, post.id, actor.id):
        return False
    poll = await poll_queries.lock(tx, post.id)
    if poll is None or poll_views.is_over(poll, tx.now):
        return False
    options = await poll_queries.list_options(tx, post.id)
    option = next((option for option in options if option.name == remote.name.strip()), None)
    taken = await poll_queries.list_chosen_options(tx, post.id, actor.id)
    if option is None or (taken and not poll.multiple):
        return False
    if not await _record(tx, poll, option, actor, tx.new_id(), remote.uri):
        return False
    if not taken:
        await poll_queries.increment_voters(tx, post.id)
    await _enqueue_results(tx, post, poll)
    return True


async def _enqueue_results(tx: Tx, post: PostRow, poll: PollRow) -> None:
    """Enqueue the broadcast of results, once for all votes until then."""
    tx.emit(events.POST_CHANGED, post_id=post.id)
    if poll.hide_totals:
        return
    broadcast_job, update_job = jobs.BroadcastPoll(post.id), jobs.UpdatePoll(post.id)
    await jobs.enqueue(tx, broadcast_job, run_at=tx.now + BROADCAST_DELAY_MS, dedupe=f"show_poll:{post.id}")
    if post.local and post.visibility != "local":
        await jobs.enqueue(
            tx, update_job, run_at=tx.now + FEDERATION_DELAY_MS, dedupe=f"update_poll:{post.id}"
        )


async def broadcast(tx: Tx, post_id: int) -> None:
    """Let streams know how a poll stands."""
    # Votes that come now wait for this transaction and enqueue the next broadcast.
    if await poll_queries.lock(tx, post_id) is not None:
        tx.emit(events.POLL_TALLIED, post_id=post_id)


async def enqueue_refresh(tx: Tx, post: PostRow) -> None:
    """Ask the origin of a peer's poll how it stands, in the background."""
    await jobs.enqueue(tx, jobs.RefreshPoll(post.id), dedupe=f"refresh_poll:{post.id}")
