"""A poll of ours as what a Question has beside a Note (FEP-9967)."""

from __future__ import annotations

from activitypub import Option, Question
from fedserver import domain


def question(view: domain.poll_views.PollView) -> Question:
    """Choices, their figures unless they are hidden, and the end."""
    poll = view.poll
    return Question(
        options=tuple(Option(each.name, None if view.hidden else each.votes_count) for each in view.options),
        multiple=poll.multiple,
        ends_at=poll.expires_at,
        closed_at=(poll.closed_at or poll.expires_at) if view.expired else None,
        voters=poll.voters_count,
    )
