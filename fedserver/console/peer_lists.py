"""Lists of peers: import and export files, subscribe to lists; changes are shown before they are applied."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.audit_log import audit_log_views
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.peers import peer_files, peer_lists, peer_plans, peers
from fedserver.web.endpoint import (
    ADMIN,
    MODERATOR,
    Call,
    LongText,
    NoParams,
    Question,
    ReasonFormParams,
    Routes,
)
from fedserver.web.uploads import Upload

routes = Routes("console")
PATH = "/admin/peer-lists"
MAX_LISTED = 1_000


class PeerListParams(Struct, frozen=True):
    csrf: str = ""
    url: str = ""
    title: str = ""
    kind: str = "block"
    applies_itself: bool = False
    max_changes: int = 10


class PeerFileParams(Struct, frozen=True):
    csrf: str = ""
    kind: str = "block"
    file: Upload | None = None
    text: LongText = ""
    sure: bool = False
    leave: list[str] = []


class PeerListConfirmParams(Struct, frozen=True):
    csrf: str = ""
    seen: str = ""
    leave: list[str] = []


class PeerListEndParams(Struct, frozen=True):
    csrf: str = ""
    keeps: bool = False


@routes.get(PATH, html=True, auth=MODERATOR)
async def list_subscriptions(call: Call[NoParams]) -> web.Response:
    return call.render("admin/peer_lists.html", lists=await peer_lists.list_all(call.tx))


@routes.post(PATH, html=True, auth=ADMIN, params=PeerListParams)
async def subscribe(call: Call[PeerListParams]) -> web.Response:
    params = call.params
    request = peer_lists.PeerListRequest(
        params.url, params.title, params.kind, params.applies_itself, params.max_changes
    )
    row = await peer_lists.subscribe(call.tx, call.site, call.member, request)
    return call.see_other(f"{PATH}/{row.id}")


@routes.get(PATH + "/{kind}.csv", html=True, auth=MODERATOR)
async def export_file(call: Call[NoParams]) -> web.Response:
    kind = {"blocks": peer_files.BLOCK, "allowed": peer_files.ALLOW}.get(call.text("kind"))
    if kind is None:
        raise NotFoundError
    text = peer_files.render(await peers.list_with_decision(call.tx), kind)
    name = f"{call.site.links.hostname}-{call.text('kind')}.csv"
    return web.Response(
        text=text,
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@routes.post(PATH + "/file", html=True, auth=ADMIN, params=PeerFileParams, max_upload="upload_bytes")
async def import_file(call: Call[PeerFileParams]) -> web.Response:
    """Show what a file would change; a second request with `sure` applies it."""
    params = call.params
    data = params.file.data if params.file is not None and params.file.size else params.text
    if params.sure:
        await peer_lists.import_file(call.tx, call.site, call.member, data, params.kind, set(params.leave))
        return call.see_other("/admin/peers")
    parsed = peer_files.parse(data, params.kind)
    plan = await peer_plans.build(call.tx, call.site, parsed.entries)
    return call.render(
        "admin/peer_file.html",
        plan=plan,
        reading=parsed,
        kind=params.kind,
        text=data.decode("utf-8-sig") if isinstance(data, bytes) else data,
        most=MAX_LISTED,
    )


@routes.get(PATH + "/{id}", html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    row = await peer_lists.get(call.tx, call.id())
    return call.render(
        "admin/peer_list.html",
        row=row,
        plan=await peer_lists.build_plan(call.tx, call.site, row),
        mark=peer_lists.fingerprint(row),
        decision_count=await peer_lists.count_decisions(call.tx, row),
        acts=await audit_log_views.list_by_target(call.tx, row.url),
        most=MAX_LISTED,
    )


@routes.post(PATH + "/{id}/confirm", html=True, auth=ADMIN, params=PeerListConfirmParams)
async def confirm(call: Call[PeerListConfirmParams]) -> web.Response:
    params = call.params
    await peer_lists.confirm(call.tx, call.site, call.member, call.id(), params.seen, set(params.leave))
    return call.see_other(f"{PATH}/{call.id()}")


@routes.post(PATH + "/{id}/read", html=True, auth=ADMIN, params=ReasonFormParams)
async def refresh(call: Call[ReasonFormParams]) -> web.Response:
    await peer_lists.fetch_now(call.tx, call.id())
    return call.see_other(f"{PATH}/{call.id()}")


@routes.post(PATH + "/{id}/change", html=True, auth=ADMIN, params=PeerListParams)
async def update(call: Call[PeerListParams]) -> web.Response:
    params = call.params
    await peer_lists.update_settings(
        call.tx,
        call.member,
        call.id(),
        applies_itself=params.applies_itself,
        max_changes=params.max_changes,
    )
    return call.see_other(f"{PATH}/{call.id()}")


@routes.post(
    PATH + "/{id}/end",
    html=True,
    auth=ADMIN,
    params=PeerListEndParams,
    question=Question("Unsubscribe from this list?"),
)
async def unsubscribe(call: Call[PeerListEndParams]) -> web.Response:
    await peer_lists.unsubscribe(call.tx, call.member, call.id(), keep_decisions=call.params.keeps)
    return call.see_other(PATH)
