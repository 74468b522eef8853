"""Settings: the hashtags that a member follows."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.content import tags
from fedserver.domain.kernel.errors import DomainError, InvalidError, NotFoundError
from fedserver.pages.post_feed import next_page_url
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from fedserver.web.errors import list_problems

routes = Routes("pages")
PATH = "/settings/tags"
PAGE_SIZE = 100


class FollowTagParams(Struct, frozen=True):
    csrf: str = ""
    tag: str = ""


async def _render_page(call: Call[Any], problem: DomainError | None = None, tag: str = "") -> web.Response:
    pairs = await tags.list_followed(call.tx, call.account, call.page(PAGE_SIZE, 200))
    return call.render(
        "settings_tags.html",
        status=422 if problem else 200,
        rows=[row for _, row in pairs],
        older=next_page_url(call, [cursor for cursor, _ in pairs], PAGE_SIZE),
        tag=tag,
        problems=list_problems(problem) if problem else {},
    )


@routes.get(PATH, html=True, auth=USER)
async def list_followed(call: Call[NoParams]) -> web.StreamResponse:
    return await _render_page(call)


@routes.post(PATH, html=True, auth=USER, params=FollowTagParams)
async def follow(call: Call[FollowTagParams]) -> web.StreamResponse:
    name = call.params.tag.strip()
    try:
        await tags.follow(call.tx, call.account, name)
    except NotFoundError:
        return await _render_page(call, InvalidError("tag", "is not a hashtag"), name)
    except InvalidError as error:
        return await _render_page(call, error, name)
    return call.redirect_with_notice(PATH, PATH, "saved")
