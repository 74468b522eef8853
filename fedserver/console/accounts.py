"""Accounts: find one, see what was done to it, act on it, take it back."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.console.forms import FormParams
from fedserver.domain.audit_log import audit_log_views
from fedserver.domain.kernel.errors import Invalid, NotFound
from fedserver.domain.moderation import (
    admin_accounts,
    moderation,
    moderation_notes,
    post_moderation,
    purges,
    reports,
)
from fedserver.domain.timelines import post_views, timelines
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, Nothing, Routes
from fedserver.web.html import see_other

routes = Routes("console")
PATH = "/admin/accounts"
SIZE, POSTS = 40, 10


class SearchParams(Struct, frozen=True):
    q: str = ""
    origin: str = ""
    status: str = ""


class ActParams(Struct, frozen=True):
    csrf: str = ""
    kind: str = ""
    text: str = ""
    days: int = 0
    mails: bool = False
    hides_reason: bool = False
    report_id: int | None = None


class PostsParams(ActParams, frozen=True):
    post_ids: list[int] = []


class NoteParams(Struct, frozen=True):
    csrf: str = ""
    text: str = ""


class PurgeParams(Struct, frozen=True):
    csrf: str = ""
    reason: str = ""
    sure: bool = False


def _wanted(params: SearchParams) -> admin_accounts.Filter:
    """`ann`, `ann@beta.test`, `@beta.test` or the beginning of a mail address of a member."""
    text = params.q.strip()
    username, at, host = text.lstrip("@").partition("@")
    if text.startswith("@") and not at:
        username, host = ("", username) if "." in username else (username, "")
    local = admin_accounts.Filter(origin=params.origin, status=params.status, username=username, domain=host)
    return local


@routes.get(PATH, html=True, who=MODERATOR, params=SearchParams)
async def search(call: Call[SearchParams]) -> web.Response:
    params = call.params
    found = await admin_accounts.page(call.tx, _wanted(params), call.page(SIZE, SIZE))
    if not found and "@" in params.q.strip("@ "):
        by_mail = admin_accounts.Filter(email=params.q)
        found = await admin_accounts.page(call.tx, by_mail, call.page(SIZE, SIZE))
    return call.render(
        "admin/accounts.html",
        params=params,
        found=found,
        statuses=admin_accounts.STATUSES,
        older=found[-1].view.account.id if len(found) == SIZE else None,
    )


@routes.get(PATH + "/{id}", html=True, who=MODERATOR)
async def show(call: Call[Nothing]) -> web.Response:
    found = await admin_accounts.get(call.tx, call.id())
    row = found.view.account
    latest = await timelines.of_account(
        call.tx, row.id, call.viewer_id, call.page(POSTS, POSTS), exclude_boosts=True
    )
    return call.render(
        "admin/account.html",
        posts=await post_views.load(call.tx, latest, call.viewer_id),
        found=found,
        acts=await audit_log_views.of_target(call.tx, row.uri),
        notes=await moderation_notes.of_account(call.tx, row.id),
        reports=await reports.page(call.tx, call.page(20, 20), "all", target_id=row.id),
    )


@routes.post(PATH + "/{id}/act", html=True, who=MODERATOR, params=ActParams)
async def act(call: Call[ActParams]) -> web.Response:
    params = call.params
    order = moderation.Order(
        params.kind, params.text, params.report_id, params.days, params.mails, params.hides_reason
    )
    await moderation.act(call.tx, call.site, call.member, call.id(), order)
    return see_other(f"{PATH}/{call.id()}" if params.report_id is None else "/admin/reports")


@routes.post(PATH + "/{id}/posts", html=True, who=MODERATOR, params=PostsParams)
async def act_on_posts(call: Call[PostsParams]) -> web.Response:
    params = call.params
    order = moderation.Order(params.kind, params.text, params.report_id, 0, params.mails, params.hides_reason)
    await post_moderation.act(call.tx, call.site, call.member, call.id(), order, params.post_ids)
    return see_other(f"{PATH}/{call.id()}" if params.report_id is None else "/admin/reports")


@routes.post(PATH + "/{id}/lift/{kind}", html=True, who=MODERATOR, params=FormParams)
async def lift(call: Call[FormParams]) -> web.Response:
    kind = call.text("kind")
    if kind not in moderation.LIFTS:
        raise NotFound
    await moderation.lift(call.tx, call.member, call.id(), kind, call.params.reason)
    return see_other(f"{PATH}/{call.id()}")


@routes.post(PATH + "/{id}/notes", html=True, who=MODERATOR, params=NoteParams)
async def add_note(call: Call[NoteParams]) -> web.Response:
    await moderation_notes.add(call.tx, call.member, call.id(), call.params.text)
    return see_other(f"{PATH}/{call.id()}")


@routes.post(PATH + "/{id}/notes/{note}/delete", html=True, who=MODERATOR, params=FormParams)
async def remove_note(call: Call[FormParams]) -> web.Response:
    await moderation_notes.remove(call.tx, call.id(), call.id("note"))
    return see_other(f"{PATH}/{call.id()}")


@routes.post(PATH + "/{id}/delete", html=True, who=ADMIN, params=PurgeParams)
async def delete(call: Call[PurgeParams]) -> web.Response:
    if not call.params.sure:
        raise Invalid("account", "is deleted only if you tick that you are sure")
    await purges.purge(call.tx, call.member, call.id(), call.params.reason)
    return see_other(f"{PATH}/{call.id()}")
