"""Emoji reactions on pages: in place by a script, or on a page of their own."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.content import emojis
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.posts import reactions
from fedserver.domain.timelines import post_views
from fedserver.text.locales import gettext
from fedserver.web.endpoint import USER, Call, FormParams, Routes
from fedserver.web.html import to_local_path

routes = Routes("pages")
PATH = "/posts/{id}/reactions"
# What people react with most; any other emoji can be typed.
CHARACTERS = tuple(
    emoji
    for row in ("👍 👎 ❤️ 😄 😂 🙂 😉 😍 🤔 😮", "😢 😡 🎉 🙏 👏 💪 🤝 👀 🔥 ⭐", "✅ ❌ 💡 🚀 ☕ 🌱 🍰 🐛")
    for emoji in row.split()
)


class ReactionFormParams(Struct, frozen=True):
    """An emoji to react with, or one to take back: a character, or the shortcode of a custom one."""

    csrf: str = ""
    next: str = ""
    add: str = ""
    take_back: str = ""  # not `remove`: that is what scripts call on the form itself


async def _render_page(call: Call[Any], problem: str = "", text: str = "") -> web.Response:
    view = await post_views.get(call.tx, call.id(), call.viewer_id)
    view = view.boost_of or view
    state = view.viewer_state
    return call.render(
        "reactions.html",
        status=422 if problem else 200,
        view=view,
        own={name for name, _ in state.reactions} if state is not None else set(),
        characters=CHARACTERS,
        custom=await emojis.list_enabled(call.tx),
        back=to_local_path(call.params.next, "/home"),
        problem=problem,
        text=text,
    )


@routes.get(PATH, html=True, auth=USER, params=FormParams)
async def show(call: Call[FormParams]) -> web.StreamResponse:
    return await _render_page(call)


@routes.post(PATH, html=True, auth=USER, params=ReactionFormParams)
async def react(call: Call[ReactionFormParams]) -> web.StreamResponse:
    """React, or take a reaction back; with JavaScript the response is what stands below the post."""
    params, in_place = call.params, "HX-Request" in call.request.headers
    try:
        if params.take_back:
            await reactions.unreact(call.tx, call.account, call.id(), params.take_back)
        else:
            await reactions.react(call.tx, call.site, call.account, call.id(), params.add.strip())
    except InvalidError:
        problem = gettext("This is not an emoji, or the post has as many reactions as it can have.")
        if in_place:
            raise InvalidError("emoji", "cannot be added", message=problem) from None
        return await _render_page(call, problem, params.add)
    if not in_place:
        name = "unreact" if params.take_back else "react"
        return call.redirect_with_notice(params.next, "/home", name, call.id())
    views = await post_views.load(call.tx, [call.id()], call.viewer_id)
    return call.render("reacted.html", view=views[0].boost_of or views[0], next=params.next)
