"""Settings: the muted and blocked accounts and the muted servers of a member, each with a way back."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.relationships import blocks, domain_mutes, mutes
from fedserver.pages.post_feed import next_page_url
from fedserver.web.endpoint import USER, Call, Question, Routes

routes = Routes("pages")
PATH = "/settings/hidden"
PAGE_SIZE = 40


class HiddenPageParams(Struct, frozen=True):
    show: Literal["muted", "blocked", "domains"] = "muted"


class DomainFormParams(Struct, frozen=True):
    csrf: str = ""
    next: str = ""
    domain: str = ""


async def _render_page(
    call: Call[Any], show: str, ids: list[int], cursors: list[int], status: int = 200, **values: Any
) -> web.Response:
    views = await account_views.load_page(call.tx, ids, include_tombstones=True)
    older = next_page_url(call, cursors, PAGE_SIZE)
    shared = {"ends": {}, "domains": [], "problem": "", "domain": ""}
    return call.render(
        "hidden.html", status=status, show=show, people=views, older=older, **{**shared, **values}
    )


async def _render_domains(call: Call[Any], problem: str = "", domain: str = "") -> web.Response:
    rows = await domain_mutes.list_by_account(call.tx, call.account, call.page(PAGE_SIZE, 80))
    return await _render_page(
        call,
        "domains",
        [],
        [cursor for cursor, _ in rows],
        422 if problem else 200,
        domains=[name for _, name in rows],
        problem=problem,
        domain=domain,
    )


@routes.get(PATH, html=True, auth=USER, params=HiddenPageParams)
async def list_hidden(call: Call[HiddenPageParams]) -> web.StreamResponse:
    show, page = call.params.show, call.page(PAGE_SIZE, 80)
    if show == "domains":
        return await _render_domains(call)
    if show == "blocked":
        pairs = await blocks.list_blocked(call.tx, call.account, page)
        return await _render_page(
            call, show, [target for _, target in pairs], [cursor for cursor, _ in pairs]
        )
    rows = await mutes.list_muted(call.tx, call.account, page)
    ends = {target: end for _, target, end in rows}
    return await _render_page(call, show, list(ends), [cursor for cursor, _, _ in rows], ends=ends)


@routes.post(
    PATH + "/domains",
    html=True,
    auth=USER,
    params=DomainFormParams,
    question=Question("Mute this server? You and its accounts will no longer follow each other."),
)
async def mute_domain(call: Call[DomainFormParams]) -> web.StreamResponse:
    domain = call.params.domain
    try:
        await domain_mutes.add(call.tx, call.site, call.account, domain)
    except InvalidError as error:
        return await _render_domains(call, error.message, domain)
    return call.redirect_with_notice(call.params.next, PATH + "?show=domains", "domain_muted")


@routes.post(PATH + "/domains/remove", html=True, auth=USER, params=DomainFormParams)
async def unmute_domain(call: Call[DomainFormParams]) -> web.StreamResponse:
    await domain_mutes.remove(call.tx, call.site, call.account, call.params.domain)
    return call.redirect_with_notice(call.params.next, PATH + "?show=domains", "domain_unmuted")
