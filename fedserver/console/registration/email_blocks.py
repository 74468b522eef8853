"""Blocked mail domains and addresses, with which nobody may join."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.registration import email_blocks
from fedserver.web.endpoint import MODERATOR, Call, NoParams, Question, ReasonFormParams, Routes

routes = Routes("console")
PATH = "/admin/email-blocks"
PAGE_SIZE = 100


class EmailDomainParams(Struct, frozen=True):
    csrf: str = ""
    domain: str = ""
    reason: str = ""


class EmailAddressParams(Struct, frozen=True):
    csrf: str = ""
    email: str = ""
    reason: str = ""


async def _render_page(call: Call[Any], error: InvalidError | None = None, form: str = "") -> web.Response:
    """Return the page; `form` is the one with the error: domain or address."""
    views = await email_blocks.list_domains(call.tx, call.page(PAGE_SIZE, PAGE_SIZE))
    addresses = await email_blocks.list_addresses(call.tx, call.page(PAGE_SIZE, PAGE_SIZE))
    last_ids = [rows[-1] for rows in ([view.row.id for view in views], [row.id for row in addresses]) if rows]
    is_full = PAGE_SIZE in (len(views), len(addresses))
    return call.render(
        "admin/email_blocks.html",
        status=422 if error is not None else 200,
        views=views,
        addresses=addresses,
        error=error,
        form=form,
        written=call.params if error is not None else None,
        older=max(last_ids) if is_full else None,
    )


@routes.get(PATH, html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    return await _render_page(call)


@routes.post(PATH + "/domains", html=True, auth=MODERATOR, params=EmailDomainParams)
async def block_domain(call: Call[EmailDomainParams]) -> web.Response:
    try:
        await email_blocks.block_domain(call.tx, call.member, call.params.domain, call.params.reason)
    except InvalidError as error:
        return await _render_page(call, error, "domain")
    return call.redirect_with_notice(PATH, PATH, "email_blocked")


@routes.post(PATH + "/addresses", html=True, auth=MODERATOR, params=EmailAddressParams)
async def block_address(call: Call[EmailAddressParams]) -> web.Response:
    try:
        email = email_blocks.check_address(call.params.email)
        await email_blocks.block_address(call.tx, call.member, email, "", call.params.reason)
    except InvalidError as error:
        return await _render_page(call, error, "address")
    return call.redirect_with_notice(PATH, PATH, "email_blocked")


@routes.post(
    PATH + "/domains/{id}/remove",
    html=True,
    auth=MODERATOR,
    params=ReasonFormParams,
    question=Question("Remove this block?"),
)
async def unblock_domain(call: Call[ReasonFormParams]) -> web.Response:
    await email_blocks.unblock_domain(call.tx, call.member, call.id())
    return call.redirect_with_notice(PATH, PATH, "email_unblocked")


@routes.post(
    PATH + "/addresses/{id}/remove",
    html=True,
    auth=MODERATOR,
    params=ReasonFormParams,
    question=Question("Remove this block?"),
)
async def unblock_address(call: Call[ReasonFormParams]) -> web.Response:
    await email_blocks.unblock_address(call.tx, call.member, call.id())
    return call.redirect_with_notice(PATH, PATH, "email_unblocked")
