"""Blocked IP addresses and networks: add, change and remove them."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import UNSET, Struct, UnsetType

from fedserver.domain.auth import ip_blocks
from fedserver.domain.kernel.errors import InvalidError
from fedserver.web.endpoint import MODERATOR, Call, FormParams, NoParams, Question, Routes

routes = Routes("console")
PATH = "/admin/ip-blocks"
PAGE_SIZE = 50
DAY_S = 86_400
DURATIONS = (0, 1, 7, 30, 90, 365)  # days; 0 has no end
KEEP = -1  # days: the end stays as it is


class IpBlockParams(Struct, frozen=True):
    csrf: str = ""
    ip: str = ""
    severity: str = ip_blocks.SIGN_UP
    comment: str = ""
    days: int = KEEP


async def _render_page(call: Call[Any], error: InvalidError | None = None, block_id: int = 0) -> web.Response:
    """Return the page; `block_id` is the block whose form has the error, 0 for that of a new one."""
    rows = await ip_blocks.list_page(call.tx, call.page(PAGE_SIZE, PAGE_SIZE))
    return call.render(
        "admin/ip_blocks.html",
        status=422 if error is not None else 200,
        rows=rows,
        severities=ip_blocks.SEVERITIES,
        durations=DURATIONS,
        now=call.tx.now,
        error=error,
        failed_id=block_id,
        written=call.params if error is not None else None,
        older=rows[-1].id if len(rows) == PAGE_SIZE else None,
    )


@routes.get(PATH, html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    return await _render_page(call)


def _to_change(params: IpBlockParams, ip: str | UnsetType) -> ip_blocks.IpBlockChange:
    seconds = UNSET if params.days == KEEP else params.days * DAY_S
    return ip_blocks.IpBlockChange(ip, params.severity, params.comment, seconds)


@routes.post(PATH, html=True, auth=MODERATOR, params=IpBlockParams)
async def create(call: Call[IpBlockParams]) -> web.Response:
    try:
        change = _to_change(call.params, call.params.ip)
        row = await ip_blocks.create(call.tx, call.member, change, call.address)
    except InvalidError as error:
        return await _render_page(call, error)
    return call.redirect_with_notice(PATH, PATH, "ip_blocked", row.id)


@routes.post(PATH + "/{id}", html=True, auth=MODERATOR, params=IpBlockParams)
async def update(call: Call[IpBlockParams]) -> web.Response:
    try:
        change = _to_change(call.params, UNSET)
        await ip_blocks.update(call.tx, call.member, call.id(), change, call.address)
    except InvalidError as error:
        return await _render_page(call, error, call.id())
    return call.redirect_with_notice(PATH, PATH, "ip_block_changed")


@routes.post(
    PATH + "/{id}/remove",
    html=True,
    auth=MODERATOR,
    params=FormParams,
    question=Question("Remove this block?"),
)
async def remove(call: Call[FormParams]) -> web.Response:
    await ip_blocks.remove(call.tx, call.member, call.id())
    return call.redirect_with_notice(PATH, PATH, "ip_unblocked")
