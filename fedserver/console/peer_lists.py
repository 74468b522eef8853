"""Lists of peers: read in and written out as files, followed at an address; shown before they count."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.console.forms import FormParams
from fedserver.domain.audit_log import audit_log_views
from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.peers import peer_files, peer_lists, peer_plans, peers
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, Nothing, Routes
from fedserver.web.html import see_other
from fedserver.web.uploads import Upload

routes = Routes("console")
PATH = "/admin/peer-lists"
MOST_SHOWN = 1_000


class WishParams(Struct, frozen=True):
    csrf: str = ""
    url: str = ""
    title: str = ""
    kind: str = "block"
    applies_itself: bool = False
    most_changes: int = 10


class FileParams(Struct, frozen=True):
    csrf: str = ""
    kind: str = "block"
    file: Upload | None = None
    text: str = ""
    sure: bool = False
    leave: list[str] = []


class ConfirmParams(Struct, frozen=True):
    csrf: str = ""
    seen: str = ""
    leave: list[str] = []


class EndParams(Struct, frozen=True):
    csrf: str = ""
    keeps: bool = False


@routes.get(PATH, html=True, who=MODERATOR)
async def show_all(call: Call[Nothing]) -> web.Response:
    return call.render("admin/peer_lists.html", lists=await peer_lists.every(call.tx))


@routes.post(PATH, html=True, who=ADMIN, params=WishParams)
async def subscribe(call: Call[WishParams]) -> web.Response:
    params = call.params
    wish = peer_lists.Wish(params.url, params.title, params.kind, params.applies_itself, params.most_changes)
    row = await peer_lists.subscribe(call.tx, call.site, call.member, wish)
    return see_other(f"{PATH}/{row.id}")


@routes.get(PATH + "/{kind}.csv", html=True, who=MODERATOR)
async def write(call: Call[Nothing]) -> web.Response:
    kind = {"blocks": peer_files.BLOCK, "allowed": peer_files.ALLOW}.get(call.text("kind"))
    if kind is None:
        raise NotFound
    text = peer_files.write(await peers.decided(call.tx), kind)
    name = f"{call.site.links.hostname}-{call.text('kind')}.csv"
    return web.Response(
        text=text,
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@routes.post(PATH + "/file", html=True, who=ADMIN, params=FileParams, most_upload="upload_bytes")
async def read_in(call: Call[FileParams]) -> web.Response:
    """Shows what a file would change; once more, with `sure`, it is changed."""
    params = call.params
    data = params.file.data if params.file is not None and params.file.size else params.text
    if params.sure:
        await peer_lists.read_in(call.tx, call.site, call.member, data, params.kind, set(params.leave))
        return see_other("/admin/peers")
    reading = peer_files.read(data, params.kind)
    plan = await peer_plans.make(call.tx, call.site, reading.entries)
    return call.render(
        "admin/peer_file.html",
        plan=plan,
        reading=reading,
        kind=params.kind,
        text=data.decode("utf-8-sig") if isinstance(data, bytes) else data,
        most=MOST_SHOWN,
    )


@routes.get(PATH + "/{id}", html=True, who=MODERATOR)
async def show(call: Call[Nothing]) -> web.Response:
    row = await peer_lists.get(call.tx, call.id())
    return call.render(
        "admin/peer_list.html",
        row=row,
        plan=await peer_lists.plan(call.tx, call.site, row),
        mark=peer_lists.mark(row),
        brought=await peer_lists.brought(call.tx, row),
        acts=await audit_log_views.of_target(call.tx, row.url),
        most=MOST_SHOWN,
    )


@routes.post(PATH + "/{id}/confirm", html=True, who=ADMIN, params=ConfirmParams)
async def confirm(call: Call[ConfirmParams]) -> web.Response:
    params = call.params
    await peer_lists.confirm(call.tx, call.site, call.member, call.id(), params.seen, set(params.leave))
    return see_other(f"{PATH}/{call.id()}")


@routes.post(PATH + "/{id}/read", html=True, who=ADMIN, params=FormParams)
async def read_now(call: Call[FormParams]) -> web.Response:
    await peer_lists.read_now(call.tx, call.id())
    return see_other(f"{PATH}/{call.id()}")


@routes.post(PATH + "/{id}/change", html=True, who=ADMIN, params=WishParams)
async def change(call: Call[WishParams]) -> web.Response:
    params = call.params
    await peer_lists.change(
        call.tx,
        call.member,
        call.id(),
        applies_itself=params.applies_itself,
        most_changes=params.most_changes,
    )
    return see_other(f"{PATH}/{call.id()}")


@routes.post(PATH + "/{id}/end", html=True, who=ADMIN, params=EndParams)
async def end(call: Call[EndParams]) -> web.Response:
    await peer_lists.unsubscribe(call.tx, call.member, call.id(), keeps=call.params.keeps)
    return see_other(PATH)
