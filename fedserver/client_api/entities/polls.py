"""Poll (docs.joinmastodon.org/entities/Poll)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.custom_emojis import CustomEmoji, render_stored_emojis
from fedserver.client_api.entities.times import to_iso_or_none
from fedserver.domain.timelines import post_views
from fedserver.links import Links


class PollOption(Struct, frozen=True):
    title: str
    votes_count: int | None


class Poll(Struct, frozen=True):
    id: str
    expires_at: str | None
    expired: bool
    multiple: bool
    votes_count: int
    voters_count: int | None
    options: list[PollOption]
    emojis: list[CustomEmoji]
    voted: bool | None
    own_votes: list[int] | None


def render_poll_or_none(links: Links, view: post_views.PostView) -> Poll | None:
    """Return the poll of a post, None if it has none."""
    return render_poll(links, view) if view.poll is not None else None


def render_poll(links: Links, view: post_views.PostView) -> Poll:
    """Return the poll of a post that has one.

    `voted` and `own_votes` are null for a viewer without an account.
    """
    poll, has_viewer = view.poll, view.viewer_state is not None
    assert poll is not None
    return Poll(
        id=str(view.post.id),
        expires_at=to_iso_or_none(poll.poll.expires_at),
        expired=poll.expired,
        multiple=poll.poll.multiple,
        votes_count=poll.votes_count,
        voters_count=poll.poll.voters_count,
        options=[
            PollOption(option.title, None if poll.hidden else option.votes_count) for option in poll.options
        ],
        emojis=render_stored_emojis(links, view.post.emojis),
        voted=poll.voted if has_viewer else None,
        own_votes=list(poll.chosen) if has_viewer else None,
    )
