"""Scheduled statuses (docs.joinmastodon.org/methods/scheduled_statuses)."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

from fedserver.client_api.entities.scheduled_statuses import ScheduledStatus, render_scheduled_status
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.posts import scheduled_posts
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")


class RescheduleParams(Struct, frozen=True):
    scheduled_at: str = ""


def parse_moment(text: str) -> int:
    """Return milliseconds UTC from ISO 8601; without a zone it is UTC. Raises InvalidError."""
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise InvalidError("scheduled_at", "must be a time such as 2027-01-31T09:00:00Z") from error


@routes.get("/api/v1/scheduled_statuses", auth=USER, scope="read:statuses")
async def list_all(call: Call[NoParams]) -> EntityPage:
    views = await scheduled_posts.list_by_author(call.tx, call.account, call.page())
    return to_page(
        [render_scheduled_status(call.site.links, view) for view in views], [view.row.id for view in views]
    )


@routes.get("/api/v1/scheduled_statuses/{id}", auth=USER, scope="read:statuses")
async def show(call: Call[NoParams]) -> ScheduledStatus:
    view = await scheduled_posts.get(call.tx, call.account, call.id())
    return render_scheduled_status(call.site.links, view)


@routes.put("/api/v1/scheduled_statuses/{id}", auth=USER, scope="write:statuses", params=RescheduleParams)
async def reschedule(call: Call[RescheduleParams]) -> ScheduledStatus:
    """Change when a post is published; nothing else of it can be changed, and without a time nothing is."""
    if not call.params.scheduled_at:
        view = await scheduled_posts.get(call.tx, call.account, call.id())
    else:
        moment = parse_moment(call.params.scheduled_at)
        view = await scheduled_posts.reschedule(call.tx, call.account, call.id(), moment)
    return render_scheduled_status(call.site.links, view)


@routes.delete("/api/v1/scheduled_statuses/{id}", auth=USER, scope="write:statuses")
async def delete(call: Call[NoParams]) -> dict[str, str]:
    await scheduled_posts.cancel(call.tx, call.account, call.id())
    return {}
