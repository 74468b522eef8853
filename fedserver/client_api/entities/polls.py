"""Poll (docs.joinmastodon.org/entities/Poll)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.custom_emojis import CustomEmoji, render_custom_emojis
from fedserver.client_api.entities.times import to_iso_or_none
from fedserver.domain.accounts import account_views
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
    """The poll of a post, None without one; strangers get null for what they chose."""
    return render_poll(links, view) if view.poll is not None else None


def render_poll(links: Links, view: post_views.PostView) -> Poll:
    """The poll of a post that has one."""
    found, known = view.poll, view.viewer_state is not None
    assert found is not None
    return Poll(
        id=str(view.post.id),
        expires_at=to_iso_or_none(found.poll.expires_at),
        expired=found.expired,
        multiple=found.poll.multiple,
        votes_count=found.votes_count,
        voters_count=found.poll.voters_count,
        options=[
            PollOption(each.title, None if found.hidden else each.votes_count) for each in found.options
        ],
        emojis=render_custom_emojis(links, account_views.decode_emojis(view.post.emojis)),
        voted=found.voted if known else None,
        own_votes=list(found.chosen) if known else None,
    )
