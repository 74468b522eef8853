"""What members decide about an account: block, mute, hide boosts, note; from the menus of posts and profiles.

The pages show how the member stands to the account, so that each decision is taken back where it is taken.
"""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views, accounts, relations
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.relationships import blocks, follows, mutes
from fedserver.web.endpoint import USER, Call, FormParams, Routes
from fedserver.web.html import to_local_path
from storage.rows.accounts import AccountRow

routes = Routes("pages")


class MuteFormParams(Struct, frozen=True):
    csrf: str = ""
    next: str = ""
    duration: Literal["0", "3600", "86400", "604800"] = "0"  # seconds; 0 is without end
    notifications: bool = False


class NoteFormParams(Struct, frozen=True):
    csrf: str = ""
    next: str = ""
    comment: str = ""


async def get_target(call: Call[Any], *, allow_deleted: bool = False) -> AccountRow:
    """Return the account that the path names, another than one's own.

    Raises NotFoundError, also for a deleted one, unless what was decided about it may be taken back.
    """
    row = await accounts.get(call.tx, call.id())
    if row.deleted_at is not None and not (allow_deleted and row.domain):
        raise NotFoundError
    if row.id == call.account.id:
        raise ForbiddenError
    return row


async def render_page(call: Call[Any], template: str, row: AccountRow, **values: Any) -> web.Response:
    """Return a page about an account: the view, how the member stands to it, and the way back.

    Raises NotFoundError for a suspended account.
    """
    views = await account_views.load_page(call.tx, [row.id], include_tombstones=True)
    if not views:
        raise NotFoundError
    view, relation = views[0], (await relations.load(call.tx, call.account.id, [row.id]))[0]
    back = to_local_path(call.params.next, f"/@{view.handle}")
    return call.render(template, view=view, relation=relation, back=back, **values)


def redirect(call: Call[Any], name: str, row: AccountRow) -> web.Response:
    """Return a redirect to where the member was, which says what was done to an account."""
    handle = f"{row.username}@{row.domain}" if row.domain else row.username
    return call.redirect_with_notice(call.params.next, f"/@{handle}", name, row.id)


@routes.get("/accounts/{id}/block", html=True, auth=USER, params=FormParams)
async def show_block(call: Call[FormParams]) -> web.StreamResponse:
    return await render_page(call, "block.html", await get_target(call, allow_deleted=True))


@routes.post("/accounts/{id}/block", html=True, auth=USER, params=FormParams)
async def block(call: Call[FormParams]) -> web.StreamResponse:
    row = await get_target(call)
    await blocks.block(call.tx, call.site, call.account, row)
    return redirect(call, "block", row)


@routes.post("/accounts/{id}/unblock", html=True, auth=USER, params=FormParams)
async def unblock(call: Call[FormParams]) -> web.StreamResponse:
    row = await get_target(call, allow_deleted=True)
    await blocks.unblock(call.tx, call.account, row)
    return redirect(call, "unblock", row)


@routes.get("/accounts/{id}/mute", html=True, auth=USER, params=FormParams)
async def show_mute(call: Call[FormParams]) -> web.StreamResponse:
    return await render_page(call, "mute.html", await get_target(call, allow_deleted=True))


@routes.post("/accounts/{id}/mute", html=True, auth=USER, params=MuteFormParams)
async def mute(call: Call[MuteFormParams]) -> web.StreamResponse:
    row, params = await get_target(call), call.params
    await mutes.mute(
        call.tx,
        call.account,
        row,
        hides_notifications=params.notifications,
        seconds=int(params.duration),
    )
    return redirect(call, "mute", row)


@routes.post("/accounts/{id}/unmute", html=True, auth=USER, params=FormParams)
async def unmute(call: Call[FormParams]) -> web.StreamResponse:
    row = await get_target(call, allow_deleted=True)
    await mutes.unmute(call.tx, call.account, row)
    return redirect(call, "unmute", row)


async def _set_boosts(call: Call[FormParams], *, shown: bool) -> web.Response:
    row = await get_target(call)
    await follows.set_boosts(call.tx, call.account, row, shown=shown)
    return redirect(call, "show_boosts" if shown else "hide_boosts", row)


@routes.post("/accounts/{id}/hide_boosts", html=True, auth=USER, params=FormParams)
async def hide_boosts(call: Call[FormParams]) -> web.StreamResponse:
    return await _set_boosts(call, shown=False)


@routes.post("/accounts/{id}/show_boosts", html=True, auth=USER, params=FormParams)
async def show_boosts(call: Call[FormParams]) -> web.StreamResponse:
    return await _set_boosts(call, shown=True)


@routes.get("/accounts/{id}/note", html=True, auth=USER, params=FormParams)
async def show_note(call: Call[FormParams]) -> web.StreamResponse:
    row = await get_target(call, allow_deleted=True)
    return await render_page(call, "note.html", row, problem="", text=None)


@routes.post("/accounts/{id}/note", html=True, auth=USER, params=NoteFormParams)
async def set_note(call: Call[NoteFormParams]) -> web.StreamResponse:
    row = await get_target(call, allow_deleted=True)
    try:
        await mutes.set_note(call.tx, call.account, row, call.params.comment)
    except InvalidError as error:
        return await render_page(
            call, "note.html", row, problem=error.message, text=call.params.comment, status=422
        )
    return redirect(call, "note", row)
