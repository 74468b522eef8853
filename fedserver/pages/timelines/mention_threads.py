"""Mentions by the thread in which they are, so that a long conversation is one line."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.notifications.notification_views import NotificationView


class MentionThread(Struct, frozen=True):
    """The newest mention in a thread, and how many there are."""

    newest: NotificationView
    count: int


def group_mentions(views: Sequence[NotificationView]) -> list[MentionThread]:
    """Return one entry for each thread with a mention, the newest first; `views` are in that order."""
    threads: dict[int, list[NotificationView]] = {}
    for view in views:
        if view.row.kind == "mention" and view.post is not None:
            threads.setdefault(view.post.post.thread_id, []).append(view)
    return [MentionThread(group[0], len(group)) for group in threads.values()]
