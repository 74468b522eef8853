"""Storage: what files of members take, and the cached files of peers."""

from __future__ import annotations

import asyncio

from aiohttp import web

from fedserver.domain.content import storage_usage
from fedserver.domain.moderation import admin_accounts
from fedserver.runtime.self_check import list_disks
from fedserver.web.endpoint import MODERATOR, Call, NoParams, Routes

routes = Routes("console")


@routes.get("/admin/storage", html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    usage = await storage_usage.load(call.tx)
    views = await admin_accounts.load(call.tx, [int(share.owner) for share in usage.accounts])
    return call.render(
        "admin/storage.html",
        usage=usage,
        largest=[(views[int(share.owner)], share) for share in usage.accounts if share.owner in views],
        disks=await asyncio.to_thread(list_disks, call.site.config),
    )
