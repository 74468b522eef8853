"""The queues: what is waiting, dead letters, and unreachable peers; retry or discard them."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from msgspec import Struct

from fedserver.domain.metrics import backlog
from fedserver.web.endpoint import MODERATOR, Call, NoParams, Question, Routes

routes = Routes("console")
PATH = "/admin/queue"


class QueueSelectionParams(Struct, frozen=True):
    """The items of a queue to act on: those of a host, or one job by its id."""

    csrf: str = ""
    queue: Literal["tasks", "deliveries", "inbox"] = "tasks"
    host: str = ""
    task_id: int = 0


@routes.get(PATH, html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    return call.render("admin/queue.html", health=await backlog.load_health(call.tx))


@routes.post(PATH + "/again", html=True, auth=MODERATOR, params=QueueSelectionParams)
async def retry(call: Call[QueueSelectionParams]) -> web.Response:
    params = call.params
    await backlog.retry(call.tx, params.queue, params.host, params.task_id)
    return call.see_other(PATH)


@routes.post(
    PATH + "/drop",
    html=True,
    auth=MODERATOR,
    params=QueueSelectionParams,
    question=Question("Discard these entries permanently? They are not tried again."),
)
async def discard(call: Call[QueueSelectionParams]) -> web.Response:
    params = call.params
    await backlog.discard(call.tx, call.member, params.queue, params.host, params.task_id)
    return call.see_other(PATH)


@routes.post(PATH + "/ask", html=True, auth=MODERATOR, params=QueueSelectionParams)
async def retry_peer(call: Call[QueueSelectionParams]) -> web.Response:
    await backlog.retry_peer(call.tx, call.params.host)
    return call.see_other(PATH)
