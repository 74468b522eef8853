"""Polls as one viewer sees them, loaded for a page of posts in one statement."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from storage.engine import ReadTx
from storage.queries.posts import polls as poll_queries
from storage.rows.posts import PollOptionRow, PollRow, PostRow

STALE_MS = 60_000


class PollView(Struct, frozen=True):
    """A poll; `chosen` are the positions of the options that the viewer took."""

    poll: PollRow
    options: tuple[PollOptionRow, ...]
    chosen: tuple[int, ...]
    expired: bool
    is_own: bool  # the viewer asks

    @property
    def voted(self) -> bool:
        """Who asks counts as one who has voted, as clients expect it: they cannot any more."""
        return self.is_own or bool(self.chosen)

    @property
    def hidden(self) -> bool:
        """True while the results are kept secret: until the end, if the author wants that."""
        return self.poll.hide_totals and not self.expired

    @property
    def votes_count(self) -> int:
        """All votes; more than the voters where several options may be taken."""
        return sum(each.votes_count for each in self.options)


def is_over(poll: PollRow, now: int) -> bool:
    """Return True if nobody can vote any more."""
    return poll.closed_at is not None or (poll.expires_at is not None and poll.expires_at <= now)


async def load(tx: ReadTx, posts: Iterable[PostRow], viewer_id: int | None) -> dict[int, PollView]:
    """Return the polls of posts by post id, without a statement if none of the posts is a Question."""
    authors = {row.id: row.account_id for row in posts if row.kind == "Question"}
    if not authors:
        return {}
    found = await poll_queries.load_by_posts(tx, list(authors), viewer_id)
    return {
        post_id: PollView(
            poll=each.poll,
            options=each.options,
            chosen=each.chosen,
            expired=is_over(each.poll, tx.now),
            is_own=authors[post_id] == viewer_id,
        )
        for post_id, each in found.items()
    }


def is_stale(post: PostRow, view: PollView, now: int) -> bool:
    """Return True if a peer's figures should be fetched: a minute old, and not read since the end."""
    poll = view.poll
    read_at = poll.read_at or 0
    if post.local or poll.closed_at is not None or read_at > now - STALE_MS:
        return False
    return poll.expires_at is None or read_at < poll.expires_at
