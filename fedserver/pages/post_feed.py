"""Lists of posts on pages, with the link to older ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from fedserver.domain.timelines import home, post_views
from fedserver.web.endpoint import Call

PAGE_SIZE = 20  # as `call.page()` reads by default


class PostFeed(Struct, frozen=True):
    """A page of posts; `older` is the address of the next page, '' at the end."""

    views: list[post_views.PostView]
    older: str
    # By the id of a post that is shown by a boost: who boosted it among those whom the viewer follows. The
    # timeline itself has each post once.
    boosters: home.Boosters = {}


async def load_feed(call: Call[Any], ids: Sequence[int], context: str, size: int = PAGE_SIZE) -> PostFeed:
    """Return the posts as the viewer sees them, without those that their filters hide in this context."""
    views = await post_views.load(call.tx, ids, call.viewer_id, context=context)
    visible = [view for view in views if not any(match.filter.action == "hide" for match in view.filtered)]
    boosters: home.Boosters = {}
    boosted = [view.boost_of.post.id for view in visible if view.boost_of is not None]
    if context == "home" and call.viewer_id is not None:
        boosters = await home.load_followed_boosters(call.tx, call.viewer_id, boosted)
    return PostFeed(visible, next_page_url(call, ids, size), boosters)


def find_newest_id(call: Call[Any], ids: Sequence[int]) -> int:
    """Return the id after which posts are newer than those of the first page, 0 for any other page."""
    is_first = not any(name in call.request.query for name in ("max_id", "min_id", "since_id"))
    return max(ids, default=1) if is_first else 0


def next_page_url(call: Call[Any], ids: Sequence[int], size: int) -> str:
    """Return the address of the next page, '' if `ids` do not fill this one."""
    if len(ids) < size:
        return ""
    query = [(name, value) for name, value in call.request.query.items() if name != "max_id"]
    return f"{call.request.path}?{urlencode([*query, ('max_id', str(ids[-1]))])}"
