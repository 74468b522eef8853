"""Console pages that create, edit, publish and delete announcements."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.notifications import announcements
from fedserver.web.endpoint import MODERATOR, Call, FormParams, Question, Routes

routes = Routes("console")
PATH = "/admin/announcements"


class AnnouncementEditParams(Struct, frozen=True):
    edit: int = 0  # id of the announcement to edit; 0: a new one


class AnnouncementFormParams(Struct, frozen=True):
    csrf: str = ""
    text: str = ""
    published: bool = False


@routes.get(PATH, html=True, auth=MODERATOR, params=AnnouncementEditParams)
async def show(call: Call[AnnouncementEditParams]) -> web.Response:
    views = await announcements.list_all(call.tx, call.site)
    editing = next((view.row for view in views if view.row.id == call.params.edit), None)
    return call.render("admin/announcements.html", views=views, editing=editing)


@routes.post(PATH, html=True, auth=MODERATOR, params=AnnouncementFormParams)
async def create(call: Call[AnnouncementFormParams]) -> web.Response:
    params = call.params
    await announcements.create(call.tx, call.site, call.member, params.text, published=params.published)
    return call.redirect_with_notice(PATH, PATH, "saved")


@routes.post(PATH + "/{id}", html=True, auth=MODERATOR, params=AnnouncementFormParams)
async def update(call: Call[AnnouncementFormParams]) -> web.Response:
    params = call.params
    await announcements.update(
        call.tx, call.site, call.member, call.id(), params.text, published=params.published
    )
    return call.redirect_with_notice(PATH, PATH, "saved")


@routes.post(
    PATH + "/{id}/delete",
    html=True,
    auth=MODERATOR,
    params=FormParams,
    question=Question("Delete this announcement permanently?"),
)
async def delete(call: Call[FormParams]) -> web.Response:
    await announcements.delete(call.tx, call.member, call.id())
    return call.redirect_with_notice(PATH, PATH, "announcement_deleted")
