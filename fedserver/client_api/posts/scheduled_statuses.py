"""Scheduled statuses (docs.joinmastodon.org/methods/scheduled_statuses)."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

from fedserver.client_api.entities.scheduled_statuses import ScheduledStatus, scheduled_status
from fedserver.domain.kernel.errors import Invalid
from fedserver.domain.posts import scheduled_posts
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed

routes = Routes("client_api")


class MoveParams(Struct, frozen=True):
    scheduled_at: str = ""


def moment_of(text: str) -> int:
    """Milliseconds UTC from ISO 8601; without a zone it is UTC. Raises Invalid."""
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Invalid("scheduled_at", "is not a moment like 2027-01-31T09:00:00Z") from error


@routes.get("/api/v1/scheduled_statuses", who=USER, scope="read:statuses")
async def show_all(call: Call[Nothing]) -> Listed:
    views = await scheduled_posts.page(call.tx, call.account, call.page())
    return listed(
        [scheduled_status(call.site.links, view) for view in views], [view.row.id for view in views]
    )


@routes.get("/api/v1/scheduled_statuses/{id}", who=USER, scope="read:statuses")
async def show(call: Call[Nothing]) -> ScheduledStatus:
    view = await scheduled_posts.get(call.tx, call.account, call.id())
    return scheduled_status(call.site.links, view)


@routes.put("/api/v1/scheduled_statuses/{id}", who=USER, scope="write:statuses", params=MoveParams)
async def move(call: Call[MoveParams]) -> ScheduledStatus:
    """Nothing but the moment can be changed; without one nothing is."""
    if not call.params.scheduled_at:
        view = await scheduled_posts.get(call.tx, call.account, call.id())
    else:
        moment = moment_of(call.params.scheduled_at)
        view = await scheduled_posts.move(call.tx, call.account, call.id(), moment)
    return scheduled_status(call.site.links, view)


@routes.delete("/api/v1/scheduled_statuses/{id}", who=USER, scope="write:statuses")
async def cancel(call: Call[Nothing]) -> dict[str, str]:
    await scheduled_posts.cancel(call.tx, call.account, call.id())
    return {}
