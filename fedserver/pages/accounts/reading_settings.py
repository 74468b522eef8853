"""Settings: the language of the pages, how they look, and how posts are shown."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from msgspec import Struct, structs

from fedserver.domain.auth import members
from fedserver.domain.auth.members import TextSize, Theme
from fedserver.text.locales import is_supported
from fedserver.web import session
from fedserver.web.appearance import looks
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("pages")
PATH = "/settings/reading"


class ReadingFormParams(Struct, frozen=True):
    csrf: str = ""
    locale: str = ""
    theme: Theme = "auto"
    text_size: TextSize = "normal"
    reduce_motion: bool = False
    expand_media: Literal["default", "show_all", "hide_all"] = "default"
    expand_warnings: bool = False
    autoplay_gifs: bool = False


@routes.get(PATH, html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    return call.render("settings_reading.html", form=members.decode_settings(call.member), problems={})


@routes.post(PATH, html=True, auth=USER, params=ReadingFormParams)
async def update(call: Call[ReadingFormParams]) -> web.StreamResponse:
    params = call.params
    member = await members.get(call.tx, call.member.id)
    settings = structs.replace(
        members.decode_settings(member),
        locale=params.locale if is_supported(params.locale) else "",
        theme=params.theme,
        text_size=params.text_size,
        reduce_motion=params.reduce_motion,
        expand_media=params.expand_media,
        expand_warnings=params.expand_warnings,
        autoplay_gifs=params.autoplay_gifs,
    )
    await members.set_settings(call.tx, member, settings)
    response = call.redirect_with_notice(PATH, PATH, "saved")
    session.set_looks(response, call.site, looks.to_looks(settings))
    return response
