"""What may trend: hashtags, posts, links and publishers of the last week, to approve or refuse."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines import trend_reviews
from fedserver.web.endpoint import MODERATOR, Call, Routes

routes = Routes("console")
PATH = "/admin/trends"
PAGE_SIZE = 30
KINDS = ("tags", "posts", "links", "publishers")


class TrendKindParams(Struct, frozen=True):
    kind: str = "tags"


class TrendDecisionParams(Struct, frozen=True):
    """The subject is the id of a tag, post or link, or the host of a publisher."""

    csrf: str = ""
    kind: str = ""
    id: int = 0
    host: str = ""
    offset: int = 0


@routes.get(PATH, html=True, auth=MODERATOR, params=TrendKindParams)
async def show(call: Call[TrendKindParams]) -> web.Response:
    kind = call.params.kind if call.params.kind in KINDS else "tags"
    offset = call.offset()
    # One more than is shown tells whether there is another page.
    trends: list[Any] = await _list_trends(call, kind, PAGE_SIZE + 1, offset)
    return call.render(
        "admin/trends.html",
        kind=kind,
        trends=trends[:PAGE_SIZE],
        offset=offset,
        next_offset=offset + PAGE_SIZE if len(trends) > PAGE_SIZE else None,
        previous_offset=max(0, offset - PAGE_SIZE) if offset else None,
    )


async def _list_trends(call: Call[Any], kind: str, limit: int, offset: int) -> list[Any]:
    match kind:
        case "tags":
            return [*await trend_reviews.list_tags(call.tx, limit, offset)]
        case "posts":
            return [*await trend_reviews.list_posts(call.tx, call.account.id, limit, offset)]
        case "links":
            return [*await trend_reviews.list_links(call.tx, limit, offset)]
        case _:
            publishers = await trend_reviews.list_publishers(call.tx)
            return [*publishers[offset : offset + limit]]


@routes.post(PATH + "/{verb}", html=True, auth=MODERATOR, params=TrendDecisionParams)
async def decide(call: Call[TrendDecisionParams]) -> web.Response:
    """Approve or refuse a trend; the other button takes it back."""
    params, verb = call.params, call.text("verb")
    if verb not in ("approve", "refuse"):
        raise NotFoundError
    approved = verb == "approve"
    match params.kind:
        case "tags":
            await trend_reviews.decide_tag(call.tx, call.member, params.id, approved=approved)
        case "posts":
            await trend_reviews.decide_post(
                call.tx, call.member, call.account.id, params.id, approved=approved
            )
        case "links":
            await trend_reviews.decide_link(call.tx, call.member, params.id, approved=approved)
        case "publishers":
            await trend_reviews.decide_publisher(call.tx, call.member, params.host, approved=approved)
        case _:
            raise NotFoundError
    notice = "trend_approved" if approved else "trend_refused"
    place = f"{PATH}?kind={params.kind}" + (f"&offset={params.offset}" if params.offset > 0 else "")
    return call.redirect_with_notice(place, PATH, notice)
