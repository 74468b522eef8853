"""Lists: made, read, changed; and which of them an account is on."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views, accounts
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.relationships import lists
from fedserver.domain.timelines import timelines
from fedserver.pages.post_feed import load_feed, next_page_url
from fedserver.pages.relationships.relationships import get_target, redirect, render_page
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes

routes = Routes("pages")
MEMBERS_A_PAGE = 40


class ListFormParams(Struct, frozen=True):
    csrf: str = ""
    title: str = ""
    replies_policy: str = "list"
    exclusive: bool = False


class MemberFormParams(Struct, frozen=True):
    csrf: str = ""
    handle: str = ""


class AccountListsParams(Struct, frozen=True):
    """Ids of lists; `new_title` is the name of one that is made for the account, '' for none."""

    csrf: str = ""
    next: str = ""
    lists: list[int] = []
    new_title: str = ""


async def _render_all(call: Call[Any], problem: str = "", title: str = "") -> web.Response:
    rows = await lists.list_by_account(call.tx, call.account)
    return call.render(
        "lists.html", rows=rows, problem=problem, new_title=title, status=422 if problem else 200
    )


@routes.get("/lists", html=True, auth=USER)
async def list_all(call: Call[NoParams]) -> web.StreamResponse:
    return await _render_all(call)


@routes.post("/lists", html=True, auth=USER, params=ListFormParams)
async def create(call: Call[ListFormParams]) -> web.StreamResponse:
    params = call.params
    # A form that is sent twice makes one list; apps may make several of the same name.
    for row in await lists.list_by_account(call.tx, call.account):
        if row.title == params.title.strip():
            return call.see_other(f"/lists/{row.id}/edit")
    try:
        row = await lists.create(call.tx, call.account, params.title, exclusive=params.exclusive)
    except InvalidError as error:
        return await _render_all(call, error.message, params.title)
    return call.redirect_with_notice(f"/lists/{row.id}/edit", "/lists", "list_created")


@routes.get("/lists/{id}", html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    row = await lists.get(call.tx, call.account, call.id())
    ids = await timelines.list_by_list(call.tx, row.id, call.account.id, row.replies_policy, call.page())
    return call.render("list.html", row=row, feed=await load_feed(call, ids, "home"))


async def _render_edit(call: Call[Any], problem: str = "", handle: str | None = None) -> web.Response:
    row = await lists.get(call.tx, call.account, call.id())
    pairs = await lists.list_accounts(call.tx, call.account, row.id, call.page(MEMBERS_A_PAGE, 80))
    return call.render(
        "list_edit.html",
        row=row,
        people=await account_views.load_page(call.tx, [account_id for _, account_id in pairs]),
        older=next_page_url(call, [cursor for cursor, _ in pairs], MEMBERS_A_PAGE),
        problem=problem,
        handle=handle,
        status=422 if problem or handle is not None else 200,
    )


@routes.get("/lists/{id}/edit", html=True, auth=USER)
async def show_edit(call: Call[NoParams]) -> web.StreamResponse:
    return await _render_edit(call)


@routes.post("/lists/{id}/edit", html=True, auth=USER, params=ListFormParams)
async def update(call: Call[ListFormParams]) -> web.StreamResponse:
    row, params = await lists.get(call.tx, call.account, call.id()), call.params
    try:
        await lists.update(
            call.tx,
            call.account,
            row.id,
            title=params.title,
            replies_policy=params.replies_policy,
            exclusive=params.exclusive,
        )
    except InvalidError as error:
        return await _render_edit(call, error.message)
    return call.redirect_with_notice(f"/lists/{row.id}/edit", "/lists", "list_changed")


@routes.post(
    "/lists/{id}/delete",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Delete this list? The accounts on it stay as they are."),
)
async def delete(call: Call[FormParams]) -> web.StreamResponse:
    await lists.remove(call.tx, call.account, call.id())
    return call.redirect_with_notice("/lists", "/lists", "list_deleted")


@routes.post("/lists/{id}/members", html=True, auth=USER, params=MemberFormParams)
async def add_member(call: Call[MemberFormParams]) -> web.StreamResponse:
    row = await lists.get(call.tx, call.account, call.id())
    username, _, host = call.params.handle.strip().lstrip("@").partition("@")
    domain = call.site.links.find_account_domain(host)
    target = await accounts.find_by_handle(call.tx, username, domain) if domain is not None else None
    try:
        if target is None:
            raise NotFoundError
        if not await _is_on_list(call, row.id, target.id):
            await lists.add_accounts(call.tx, call.account, row.id, [target.id])
    except NotFoundError:
        return await _render_edit(call, handle=call.params.handle)
    return call.redirect_with_notice(f"/lists/{row.id}/edit", "/lists", "list_added", row.id, target.id)


async def _is_on_list(call: Call[Any], list_id: int, account_id: int) -> bool:
    rows = await lists.list_containing(call.tx, call.account, account_id)
    return any(row.id == list_id for row in rows)


@routes.post("/lists/{id}/members/{account_id}/add", html=True, auth=USER, params=FormParams)
async def restore_member(call: Call[FormParams]) -> web.StreamResponse:
    list_id, account_id = call.id(), call.id("account_id")
    if not await _is_on_list(call, list_id, account_id):
        await lists.add_accounts(call.tx, call.account, list_id, [account_id])
    return call.redirect_with_notice(f"/lists/{list_id}/edit", "/lists", "list_added", list_id, account_id)


@routes.post("/lists/{id}/members/{account_id}/remove", html=True, auth=USER, params=FormParams)
async def remove_member(call: Call[FormParams]) -> web.StreamResponse:
    list_id, account_id = call.id(), call.id("account_id")
    await lists.remove_accounts(call.tx, call.account, list_id, [account_id])
    return call.redirect_with_notice(f"/lists/{list_id}/edit", "/lists", "list_removed", list_id, account_id)


@routes.get("/accounts/{id}/lists", html=True, auth=USER, params=FormParams)
async def show_account_lists(call: Call[FormParams]) -> web.StreamResponse:
    row = await get_target(call)
    containing = await lists.list_containing(call.tx, call.account, row.id)
    return await _render_account_lists(call, {listed.id for listed in containing})


async def _render_account_lists(
    call: Call[Any], chosen: set[int], problem: str = "", new_title: str = ""
) -> web.Response:
    return await render_page(
        call,
        "account_lists.html",
        await get_target(call),
        rows=await lists.list_by_account(call.tx, call.account),
        chosen=chosen,
        problem=problem,
        new_title=new_title,
        status=422 if problem else 200,
    )


async def _get_or_create(call: Call[Any], title: str) -> int:
    """Return the id of the list of that name, also if the form is sent twice. Raises InvalidError."""
    for row in await lists.list_by_account(call.tx, call.account):
        if row.title == title:
            return row.id
    return (await lists.create(call.tx, call.account, title)).id


@routes.post("/accounts/{id}/lists", html=True, auth=USER, params=AccountListsParams)
async def set_account_lists(call: Call[AccountListsParams]) -> web.StreamResponse:
    """Put an account on exactly the chosen lists, and on a new one if it has a name."""
    row, chosen, title = await get_target(call), set(call.params.lists), call.params.new_title.strip()
    if title:
        try:
            chosen.add(await _get_or_create(call, title))
        except InvalidError as error:
            return await _render_account_lists(call, chosen, error.message, title)
    former = {listed.id for listed in await lists.list_containing(call.tx, call.account, row.id)}
    for list_id in sorted(chosen - former):
        await lists.add_accounts(call.tx, call.account, list_id, [row.id])
    for list_id in sorted(former - chosen):
        await lists.remove_accounts(call.tx, call.account, list_id, [row.id])
    return redirect(call, "lists_saved", row)
