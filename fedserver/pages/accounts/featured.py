"""Settings: the hashtags, people and posts that a member features on the profile."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views, accounts, endorsements, featured_tags
from fedserver.domain.kernel.errors import DomainError, InvalidError, NotFoundError
from fedserver.domain.timelines import post_views, timelines
from fedserver.text.locales import gettext
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Routes
from fedserver.web.errors import list_problems
from storage.engine import Page

routes = Routes("pages")
PATH = "/settings/featured"
MAX_PEOPLE = 80  # shown; profiles show fewer


class FeaturedTagParams(Struct, frozen=True):
    csrf: str = ""
    tag: str = ""


class FeaturedPersonParams(Struct, frozen=True):
    csrf: str = ""
    handle: str = ""


async def _render_page(
    call: Call[Any], problem: DomainError | None = None, *, tag: str = "", handle: str = ""
) -> web.Response:
    pairs = await endorsements.list_by_account(call.tx, call.account, Page(limit=MAX_PEOPLE), call.viewer_id)
    pinned = await timelines.list_pinned(call.tx, call.account.id, call.viewer_id)
    return call.render(
        "settings_featured.html",
        status=422 if problem else 200,
        tags=await featured_tags.list_by_account(call.tx, call.account),
        suggestions=await featured_tags.list_suggestions(call.tx, call.account),
        people=await account_views.load_page(call.tx, [account_id for _, account_id in pairs]),
        posts=await post_views.load(call.tx, pinned, call.viewer_id),
        tag=tag,
        handle=handle,
        problems=list_problems(problem) if problem else {},
    )


@routes.get(PATH, html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    return await _render_page(call)


@routes.post(f"{PATH}/tags", html=True, auth=USER, params=FeaturedTagParams)
async def add_tag(call: Call[FeaturedTagParams]) -> web.StreamResponse:
    name = call.params.tag.strip()
    try:
        await featured_tags.feature(call.tx, call.account, name)
    except NotFoundError:
        return await _render_page(call, InvalidError("tag", "is not a hashtag"), tag=name)
    except InvalidError as error:
        return await _render_page(call, error, tag=name)
    return call.redirect_with_notice(PATH, PATH, "saved")


@routes.post(f"{PATH}/tags/{{id}}/remove", html=True, auth=USER, params=FormParams)
async def remove_tag(call: Call[FormParams]) -> web.StreamResponse:
    try:
        await featured_tags.remove(call.tx, call.account, call.id())
    except NotFoundError:  # the form was sent twice
        return call.see_other(PATH)
    return call.redirect_with_notice(PATH, PATH, "saved")


@routes.post(f"{PATH}/people", html=True, auth=USER, params=FeaturedPersonParams)
async def add_person(call: Call[FeaturedPersonParams]) -> web.StreamResponse:
    handle = call.params.handle.strip()
    username, _, host = handle.lstrip("@").partition("@")
    domain = call.site.links.find_account_domain(host)
    target = await accounts.find_by_handle(call.tx, username, domain) if domain is not None else None
    try:
        if target is None:
            message = gettext("You do not follow an account with this name. Follow it first, then add it.")
            raise InvalidError("handle", "is not an account that you follow", message=message)
        await endorsements.add(call.tx, call.account, target)
    except InvalidError as error:
        at_field = InvalidError("handle", error.reason, message=error.message)
        return await _render_page(call, at_field, handle=handle)
    return call.redirect_with_notice(PATH, PATH, "saved")


@routes.post(f"{PATH}/people/{{id}}/remove", html=True, auth=USER, params=FormParams)
async def remove_person(call: Call[FormParams]) -> web.StreamResponse:
    await endorsements.remove(call.tx, call.account, await accounts.get(call.tx, call.id()))
    return call.redirect_with_notice(PATH, PATH, "saved")
