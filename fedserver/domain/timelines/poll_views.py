"""Polls as one viewer sees them, loaded for a page of posts in one statement."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from storage.engine import ReadTx
from storage.queries.posts import polls as poll_queries
from storage.rows.posts import PollOptionRow, PollRow, PostRow

STALE_MS = 60_000


class PollView(Struct, frozen=True):
    """A poll; `chosen` are the positions of the options that the viewer chose."""

    poll: PollRow
    options: tuple[PollOptionRow, ...]
    chosen: tuple[int, ...]
    expired: bool
    is_own: bool  # the viewer wrote the poll

    @property
    def voted(self) -> bool:
        """Whether the viewer has voted, or wrote the poll: clients offer no vote then, as they should not."""
        return self.is_own or bool(self.chosen)

    @property
    def hidden(self) -> bool:
        """Whether the results are secret: until the end, if the author chose that."""
        return self.poll.hide_totals and not self.expired

    @property
    def votes_count(self) -> int:
        """The number of all votes; greater than that of voters if several options may be chosen."""
        return sum(option.votes_count for option in self.options)


def is_over(poll: PollRow, now: int) -> bool:
    """Return True if nobody can vote any more."""
    return poll.closed_at is not None or (poll.expires_at is not None and poll.expires_at <= now)


async def load(tx: ReadTx, posts: Iterable[PostRow], viewer_id: int | None) -> dict[int, PollView]:
    """Return the polls of posts by post id, without a statement if none of the posts is a Question."""
    authors = {row.id: row.account_id for row in posts if row.kind == "Question"}
    if not authors:
        return {}
    polls = await poll_queries.load_by_posts(tx, list(authors), viewer_id)
    return {
        post_id: PollView(
            poll=loaded.poll,
            options=loaded.options,
            chosen=loaded.chosen,
            expired=is_over(loaded.poll, tx.now),
            is_own=authors[post_id] == viewer_id,
        )
        for post_id, loaded in polls.items()
    }


def is_stale(post: PostRow, view: PollView, now: int) -> bool:
    """Return True if the counts of a peer's poll should be fetched: a minute old, not read since the end."""
    poll = view.poll
    read_at = poll.read_at or 0
    if post.local or poll.closed_at is not None or read_at > now - STALE_MS:
        return False
    return poll.expires_at is None or read_at < poll.expires_at
