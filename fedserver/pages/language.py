"""The language of pages: chosen in the footer, by members and guests, with and without JavaScript."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct, structs

from fedserver import domain
from fedserver.http import Call, Routes, own_page, see_other, set_locale_cookie
from fedserver.text.locales import is_supported

routes = Routes("pages")


class LocaleParams(Struct, frozen=True):
    csrf: str = ""
    locale: str = ""
    back: str = ""


@routes.post("/locale", html=True, params=LocaleParams, barred=True)
async def choose(call: Call[LocaleParams]) -> web.StreamResponse:
    """Remember a language, for a member in the settings and for a guest in the browser; '' is automatic."""
    code = call.params.locale if is_supported(call.params.locale) else ""
    response = see_other(own_page(call.params.back, "/"))
    if call.caller is not None and call.caller.member is not None:
        member = call.caller.member
        changed = structs.replace(domain.members.settings(member), locale=code)
        await domain.members.set_settings(call.tx, member, changed)
    else:
        set_locale_cookie(response, call.site, code)
    return response
