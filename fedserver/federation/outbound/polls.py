"""A poll of ours as what a Question has beside a Note (FEP-9967)."""

from __future__ import annotations

from activitypub.objects import Option, Question
from fedserver.domain.timelines import poll_views


def to_question(view: poll_views.PollView) -> Question:
    """Choices, their figures unless they are hidden, and the end."""
    poll = view.poll
    return Question(
        options=tuple(Option(each.name, None if view.hidden else each.votes_count) for each in view.options),
        multiple=poll.multiple,
        ends_at=poll.expires_at,
        closed_at=(poll.closed_at or poll.expires_at) if view.expired else None,
        voters=poll.voters_count,
    )
