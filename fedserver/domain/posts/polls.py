"""Polls: created with a post, changed with it, closed in time; polls of peers as their origin sends them.

Voting is in `votes`. Client API: docs.joinmastodon.org/methods/polls; between nodes: FEP-9967.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct, structs

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.notifications import notifications
from fedserver.domain.timelines.poll_views import is_over
from fedserver.text.characters import is_longer
from fedserver.text.sanitize import clean_name, to_text
from storage.engine import ReadTx, Tx
from storage.queries.posts import polls as poll_queries
from storage.queries.posts import posts as post_queries
from storage.rows.posts import PollOptionRow, PollRow, PostRow

CLOSE_DELAY_MS = 60_000
MAX_TITLE_LENGTH = 500
encode = msgspec.json.Encoder().encode


class NewPoll(Struct, frozen=True):
    """A poll that a member wants to add to a post; `expires_in` is in seconds."""

    options: tuple[str, ...]
    expires_in: int
    multiple: bool = False
    hide_totals: bool = False


class RemoteOption(Struct, frozen=True):
    """An option of a peer's poll, its name not yet cleaned."""

    name: str
    votes: int


class RemotePoll(Struct, frozen=True):
    """A poll as its origin sends it; times are ms UTC."""

    options: tuple[RemoteOption, ...]
    multiple: bool
    expires_at: int | None
    closed: bool
    voters_count: int | None
    names_closing: bool = False  # it tells that it was, or will be, closed at `expires_at`


def check(site: NodeContext, poll: NewPoll) -> NewPoll:
    """Return the poll without empty options. Raises InvalidError."""
    limits = site.config.limits
    titles = tuple(title for option in poll.options if (title := clean_name(option, 10_000)))
    if len(titles) < 2:
        raise InvalidError("choices", "must have more than one item", "ERR_TOO_SHORT")
    if len(titles) > limits.poll_options:
        raise InvalidError("choices", f"can't contain more than {limits.poll_options} items", "ERR_TOO_LONG")
    if any(is_longer(title, limits.poll_option_characters) for title in titles):
        max_length = limits.poll_option_characters
        raise InvalidError("choices", f"cannot be longer than {max_length} characters each", "ERR_TOO_LONG")
    if len(set(titles)) < len(titles):
        raise InvalidError("choices", "contain duplicate items", "ERR_TAKEN")
    if poll.expires_in < limits.min_poll_seconds:
        raise InvalidError("deadline", "is too soon")
    if poll.expires_in > limits.max_poll_seconds:
        raise InvalidError("deadline", "is too far into the future")
    return structs.replace(poll, options=titles)


def _build_options(tx: Tx, post_id: int, titles: Iterable[str]) -> list[PollOptionRow]:
    return [
        PollOptionRow(tx.new_id(), post_id, position, title, title, 0)
        for position, title in enumerate(titles)
    ]


async def load_titles_json(tx: ReadTx, post_id: int) -> str | None:
    """Return the options as an edit stores them (JSON); None without a poll."""
    options = await poll_queries.list_options(tx, post_id)
    return encode([option.title for option in options]).decode() if options else None


async def create(tx: Tx, post_id: int, checked: NewPoll) -> None:
    """Store the poll of a local post and enqueue its end."""
    row = PollRow(
        post_id=post_id,
        multiple=checked.multiple,
        hide_totals=checked.hide_totals,
        expires_at=tx.now + checked.expires_in * 1000,
        closed_at=None,
        voters_count=0,
        read_at=None,
    )
    await poll_queries.insert_with_options(tx, row, _build_options(tx, post_id, checked.options))
    await enqueue_close(tx, row)


async def update(tx: Tx, post_id: int, checked: NewPoll) -> None:
    """Change the poll of a local post, or create it.

    Other options, or another value of `multiple`, drop the votes. The poll is open again until its new end.
    """
    former = await poll_queries.lock(tx, post_id)
    if former is None:
        await create(tx, post_id, checked)
        return
    row = structs.replace(
        former,
        multiple=checked.multiple,
        hide_totals=checked.hide_totals,
        expires_at=tx.now + checked.expires_in * 1000,
        closed_at=None,
    )
    offered = tuple(option.title for option in await poll_queries.list_options(tx, post_id))
    if offered != checked.options or former.multiple != checked.multiple:
        await poll_queries.replace_options(tx, post_id, _build_options(tx, post_id, checked.options))
        row = structs.replace(row, voters_count=0)
    await poll_queries.update_poll(tx, row)
    await enqueue_close(tx, row)


async def remove(tx: Tx, post_id: int) -> None:
    """Remove the poll of a post."""
    await poll_queries.delete_by_post(tx, post_id)


async def enqueue_close(tx: Tx, row: PollRow, *, delay_ms: int = 0) -> None:
    """Enqueue the end of a poll, `delay_ms` after its time is over."""
    if row.expires_at is not None:
        task, moment = jobs.ClosePoll(row.post_id), max(row.expires_at + delay_ms, tx.now)
        await jobs.enqueue(tx, task, run_at=moment, dedupe=f"close_poll:{row.post_id}:{row.expires_at}")


async def close(tx: Tx, post_id: int) -> None:
    """Close a poll whose time is over; notify its author, our voters, peers and streams.

    Does nothing if the poll is open still, or closed already.
    """
    row, post = await poll_queries.lock(tx, post_id), await post_queries.find(tx, post_id)
    if row is None or post is None or row.closed_at is not None or not is_over(row, tx.now):
        return
    await poll_queries.update_poll(tx, structs.replace(row, closed_at=tx.now))
    account_ids = dict.fromkeys((post.account_id, *await poll_queries.list_local_voters(tx, post_id)))
    for account_id in account_ids:
        await notifications.notify(tx, "poll", account_id, post.account_id, post_id)
    if post.local and post.visibility != "local":
        await jobs.enqueue(tx, jobs.UpdatePoll(post_id))
    tx.emit(events.POLL_TALLIED, post_id=post_id)


async def receive(
    tx: Tx, post: PostRow, remote: RemotePoll, *, is_edit: bool = True, is_fetched: bool = True
) -> None:
    """Store a peer's poll as its origin sends it.

    Only with an edit may the options of a poll change; votes for the former options are dropped. Of figures
    that were not fetched, but sent, the higher ones are the later ones, unless they are the final ones.
    """
    expires_at = _find_end(tx, remote)
    fresh = PollRow(post.id, remote.multiple, False, expires_at, None, remote.voters_count, tx.now)
    former = await poll_queries.lock(tx, post.id)
    if former is None:
        await poll_queries.insert_with_options(tx, fresh, _build_remote_options(tx, post.id, remote.options))
        return
    options = await poll_queries.list_options(tx, post.id)
    same = [option.name for option in options] == [option.name for option in remote.options]
    if not (same and former.multiple == remote.multiple):
        if not is_edit:
            return
        await poll_queries.replace_options(tx, post.id, _build_remote_options(tx, post.id, remote.options))
    else:
        is_final = remote.closed or (remote.names_closing and is_over(fresh, tx.now))
        is_lower = sum(option.votes for option in remote.options) < sum(
            option.votes_count for option in options
        )
        if is_lower and not (is_edit or is_fetched or is_final):
            return
        counts = (
            (option.id, remote_option.votes)
            for option, remote_option in zip(options, remote.options, strict=True)
        )
        await poll_queries.set_vote_counts(tx, counts)
    reopened = former.expires_at != expires_at and not is_over(fresh, tx.now)
    await poll_queries.update_poll(
        tx, structs.replace(fresh, closed_at=None if reopened else former.closed_at)
    )
    if reopened and await poll_queries.list_local_voters(tx, post.id):
        await enqueue_close(tx, fresh, delay_ms=CLOSE_DELAY_MS)
    if is_over(fresh, tx.now):
        await close(tx, post.id)
    tx.emit(events.POLL_TALLIED, post_id=post.id)


def _find_end(tx: ReadTx, remote: RemotePoll) -> int | None:
    """Return when a peer's poll ends (ms UTC), never later than now if the peer says that it is closed."""
    if remote.closed:
        return min(remote.expires_at or tx.now, tx.now)
    return remote.expires_at


def _build_remote_options(tx: Tx, post_id: int, options: Sequence[RemoteOption]) -> list[PollOptionRow]:
    return [
        PollOptionRow(tx.new_id(), post_id, position, _clean_title(option.name), option.name, option.votes)
        for position, option in enumerate(options)
    ]


def _clean_title(name: str) -> str:
    return clean_name(to_text(name), MAX_TITLE_LENGTH) or clean_name(name, MAX_TITLE_LENGTH)
