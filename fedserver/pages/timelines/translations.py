"""Translations of posts on pages: in place by a script, or on a page of their own."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.kernel.errors import ForbiddenError, InvalidError
from fedserver.domain.timelines import translations
from fedserver.runtime import post_translator
from fedserver.text.locales import current_locale, gettext
from fedserver.web.endpoint import USER, Call, FormParams, Routes
from fedserver.web.html import to_local_path

routes = Routes("pages")


@routes.get(
    "/posts/{id}/translation", html=True, auth=USER, params=FormParams, tx="own", limit="translations"
)
async def show(call: Call[FormParams]) -> web.StreamResponse:
    """Show a public post in the language of the pages."""
    async with call.services.db.read() as tx:
        view = await translations.get_source(tx, call.id(), call.viewer_id)
    try:
        translated = await post_translator.translate(call.services, view, current_locale())
    except ForbiddenError as error:
        message = gettext("The translation service does not offer these languages.")
        raise InvalidError("lang", "is not offered", message=message) from error
    in_place = "HX-Request" in call.request.headers
    return call.render(
        "translated.html" if in_place else "translation.html",
        view=view,
        translated=translated,
        back=to_local_path(call.params.next, "/home"),
    )
