"""The language of pages: chosen in the footer, by members and guests, with and without JavaScript."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct, structs

from fedserver.domain.auth import members
from fedserver.text.locales import is_supported
from fedserver.web.endpoint import EVERYONE, Call, Routes
from fedserver.web.locale_cookie import set_locale_cookie

routes = Routes("pages")


class LocaleParams(Struct, frozen=True):
    csrf: str = ""
    locale: str = ""
    back: str = ""


@routes.post("/locale", html=True, params=LocaleParams, allow_suspended=True, audience=EVERYONE)
async def choose(call: Call[LocaleParams]) -> web.StreamResponse:
    """Store a language, for members in their settings and for guests in a cookie; '' is automatic."""
    code = call.params.locale if is_supported(call.params.locale) else ""
    response = call.redirect_back(call.params.back, "/")
    if call.principal is not None and call.principal.member is not None:
        member = call.principal.member
        settings = structs.replace(members.decode_settings(member), locale=code)
        await members.set_settings(call.tx, member, settings)
    else:
        set_locale_cookie(response, call.site, code)
    return response
