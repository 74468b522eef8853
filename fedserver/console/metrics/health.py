"""Health: what `fedserver check` checks, run on demand, and the backups."""

from __future__ import annotations

import asyncio

from aiohttp import web

from fedserver.domain.metrics import backups, health
from fedserver.runtime.checks import registry
from fedserver.runtime.self_check import list_disks
from fedserver.text.locales import current_locale
from fedserver.web.endpoint import MODERATOR, Call, FormParams, NoParams, Routes

routes = Routes("console")
PATH = "/admin/health"


@routes.get(PATH, html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    record = await backups.load(call.tx)
    return call.render(
        "admin/health.html",
        report=await health.load(call.tx),
        labels=registry.list_labels(),
        backup=record,
        is_overdue=record.is_overdue(call.tx.now),
        disks=await asyncio.to_thread(list_disks, call.site.config),
    )


@routes.post(PATH, html=True, auth=MODERATOR, params=FormParams)
async def run_checks(call: Call[FormParams]) -> web.Response:
    """Have all checks run by a worker: they take a minute, and one of them uploads a large file."""
    await health.request(call.tx, current_locale())
    return call.see_other(PATH)
