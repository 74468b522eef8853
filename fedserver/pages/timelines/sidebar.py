"""The column beside timelines: what helped most this week, and what a new member could do next."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.domain.posts import articles
from fedserver.domain.timelines import post_views
from fedserver.web.endpoint import Call
from storage.engine import ReadTx

MAX_ARTICLES = 5
# The ranking counts the likes of all articles, so it is kept a while; whether a viewer may see an article is
# decided each time.
RANKING_LIFETIME_MS = 60_000


class Sidebar(Struct, frozen=True):
    """The articles that most people found helpful, with their number by post id, and the next steps."""

    articles: list[post_views.PostView]
    votes: dict[int, int]
    needs_picture: bool = False
    needs_people: bool = False


async def load(call: Call[Any]) -> Sidebar:
    """Return the column for the viewer: at most three statements if the articles are cached."""
    ranked = dict(await _load_ranking(call.tx, is_member=call.viewer_id is not None))
    views = await post_views.load(call.tx, list(ranked), call.viewer_id, context="public")
    visible = [view for view in views if not view.filtered]
    account = call.principal.account if call.principal is not None else None
    if account is None:
        return Sidebar(visible, ranked)
    return Sidebar(
        visible,
        ranked,
        needs_picture=not account.avatar_key,
        needs_people=not account.following_count,
    )


async def _load_ranking(tx: ReadTx, *, is_member: bool) -> list[tuple[int, int]]:
    """Return ids and votes of the articles that someone found helpful this week."""
    cache = tx.caches.get_cache("helpful_this_week", 2)
    cached: tuple[int, list[tuple[int, int]]] | None = cache.get(is_member)
    if cached is not None and 0 <= tx.now - cached[0] < RANKING_LIFETIME_MS:
        return cached[1]
    ranked = await articles.list_helpful(tx, None, "week", MAX_ARTICLES, 0, is_member=is_member)
    ranked = [(post_id, votes) for post_id, votes in ranked if votes]
    cache.store(is_member, (tx.now, ranked))
    return ranked
