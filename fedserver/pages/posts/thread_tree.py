"""Replies as a page shows them: below what they answer, indented a few steps, and not all at once."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from fedserver.domain.posts import refreshes
from fedserver.domain.timelines.post_views import PostView
from fedserver.federation import threads
from fedserver.web.endpoint import Call, NoParams

MAX_DEPTH = 4  # steps of indentation; below, lines get too short on a phone
MAX_ABOVE = 20  # posts above the one that is shown
REPLIES_A_PAGE = 25


class ThreadNode(Struct):
    """A reply, how many steps it is indented, and how many replies below it are left out."""

    view: PostView
    depth: int
    hidden: int = 0


def build_tree(replies: Sequence[PostView]) -> list[ThreadNode]:
    """Return the replies of a page; `replies` has each post before its own replies.

    What lies deeper than MAX_DEPTH is counted at the last one above it that is shown.
    """
    shown: list[ThreadNode] = []
    node_by_post: dict[int, ThreadNode] = {}
    for view in replies:
        parent = node_by_post.get(view.post.in_reply_to_id or 0)
        if parent is None:
            node = ThreadNode(view, 0)
        elif parent.depth < MAX_DEPTH:
            node = ThreadNode(view, parent.depth + 1)
        else:
            parent.hidden += 1
            node_by_post[view.post.id] = parent
            continue
        node_by_post[view.post.id] = node
        shown.append(node)
    return shown


async def refresh_thread(call: Call[NoParams], view: PostView) -> None:
    """Enqueue the fetch of replies that a peer's thread lacks here, for a member who opens it."""
    _, due = await refreshes.find_by_post(call.tx, view.post, call.viewer_id)
    if due and call.viewer_id is not None and await threads.can_refresh(call.tx, view.post):
        async with call.services.db.write() as tx:
            await refreshes.start(tx, view.post, call.viewer_id)
