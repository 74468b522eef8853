"""Members: search and export them; give a role, a link to a new password; delete them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import members
from fedserver.domain.content import storage_usage
from fedserver.domain.kernel import roles
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.moderation import admin_accounts
from fedserver.domain.portability import archives, memberships
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, FormParams, NoParams, Routes
from storage.rows.auth import MemberRow

routes = Routes("console")
PATH = "/admin/members"
PAGE_SIZE = 50
STATES = ("active", "pending", "disabled", "silenced", "suspended")
# Programs that calculate take a cell that begins so for a formula (OWASP, CSV injection).
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("username", "email", "role", "state", "joined", "confirmed", "last active", "language")


class MemberSearchParams(Struct, frozen=True):
    q: str = ""
    role: str = ""
    status: str = ""


class RoleParams(Struct, frozen=True):
    csrf: str = ""
    role: str = ""
    reason: str = ""


class PasswordLinkParams(Struct, frozen=True):
    csrf: str = ""
    reason: str = ""


class DeletionParams(Struct, frozen=True):
    csrf: str = ""
    typed_name: str = ""
    reason: str = ""


@routes.get(PATH, html=True, auth=MODERATOR, params=MemberSearchParams)
async def search(call: Call[MemberSearchParams]) -> web.Response:
    params = call.params
    query = admin_accounts.AdminAccountQuery(
        origin="local",
        name=params.q,
        status=params.status if params.status in STATES else "",
        roles=(params.role,) if params.role in members.ROLES else (),
    )
    views = await admin_accounts.list_page(call.tx, query, call.page(PAGE_SIZE, PAGE_SIZE))
    fields = {name: value for name in params.__struct_fields__ if (value := getattr(params, name))}
    return call.render(
        "admin/members.html",
        views=views,
        usage=await storage_usage.load_by_accounts(call.tx, [view.view.account.id for view in views]),
        params=params,
        roles=tuple(reversed(members.ROLES)),
        member_states=STATES,
        path=f"{PATH}?{urlencode(fields)}{'&' if fields else ''}",
        older=views[-1].view.account.id if len(views) == PAGE_SIZE else None,
    )


@routes.post(PATH + "/export", html=True, auth=ADMIN, requires_recent_auth=True, params=FormParams)
async def export(call: Call[FormParams]) -> web.Response:
    """Return all members as a CSV file; that is recorded, as it holds their mail addresses."""
    await memberships.record_export(call.tx, call.member)
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for row, username in await members.list_all(call.tx):
        writer.writerow([_to_cell(value) for value in _list_values(row, username)])
    name = f"{call.site.links.hostname}-members.csv"
    return web.Response(
        text=buffer.getvalue(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _list_values(row: MemberRow, username: str) -> tuple[object, ...]:
    state = "disabled" if row.disabled_at else "active" if row.approved_at else "waiting"
    moments = (row.created_at, row.email_confirmed_at, row.active_at)
    return username, row.email, row.role, state, *map(_to_day, moments), row.locale


def _to_day(moment: int | None) -> str:
    """Return the day of a moment as ISO 8601, '' for none."""
    return datetime.fromtimestamp(moment / 1000, UTC).date().isoformat() if moment is not None else ""


def _to_cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_BEGINNINGS) else text


async def _render_member(
    call: Call[Any], form: str = "", error: InvalidError | None = None, link: str = ""
) -> web.Response:
    """Return the page of a member; `form` is the one with an error, which shows what was written again."""
    account_id = call.id()
    account, member = await memberships.get_subject(call.tx, call.member, account_id)
    usage = await storage_usage.load_by_accounts(call.tx, [account_id])
    response = call.render(
        "admin/member.html",
        status=422 if error is not None else 200,
        admin_view=await admin_accounts.get(call.tx, account_id),
        row=account,
        member=member,
        bytes=usage.get(account_id, 0),
        grantable=roles.list_grantable(call.member.role),
        archives=await archives.list_recent(call.tx, account),
        form=form,
        error=error,
        written=call.params if error is not None else None,
        link=link,
        link_hours=memberships.LINK_HOURS,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.get(PATH + "/{id}", html=True, auth=ADMIN, requires_recent_auth=True)
async def show(call: Call[NoParams]) -> web.Response:
    return await _render_member(call)


@routes.post(PATH + "/{id}/role", html=True, auth=ADMIN, requires_recent_auth=True, params=RoleParams)
async def change_role(call: Call[RoleParams]) -> web.Response:
    params = call.params
    try:
        await memberships.change_role(call.tx, call.member, call.id(), params.role, params.reason)
    except InvalidError as error:
        return await _render_member(call, "role", error)
    return call.redirect_with_notice(f"/admin/accounts/{call.id()}", PATH, "role_changed")


@routes.post(
    PATH + "/{id}/password", html=True, auth=ADMIN, requires_recent_auth=True, params=PasswordLinkParams
)
async def create_password_link(call: Call[PasswordLinkParams]) -> web.Response:
    try:
        token = await memberships.create_password_link(call.tx, call.member, call.id(), call.params.reason)
    except InvalidError as error:
        return await _render_member(call, "password", error)
    return await _render_member(call, link=f"{call.site.links.base}/reset/{token}")


@routes.post(PATH + "/{id}/archive", html=True, auth=ADMIN, requires_recent_auth=True, params=FormParams)
async def prepare_archive(call: Call[FormParams]) -> web.Response:
    """Have the archive of a member prepared, which only the member can download."""
    account, _ = await memberships.get_subject(call.tx, call.member, call.id())
    try:
        await archives.request(call.tx, account)
    except InvalidError as error:
        return await _render_member(call, "archive", error)
    await memberships.record_archive(call.tx, call.member, account)
    return call.redirect_with_notice(f"{PATH}/{call.id()}", PATH, "archive_requested")


@routes.post(PATH + "/{id}/delete", html=True, auth=ADMIN, requires_recent_auth=True, params=DeletionParams)
async def delete(call: Call[DeletionParams]) -> web.Response:
    params = call.params
    try:
        await memberships.delete(call.tx, call.member, call.id(), params.typed_name, params.reason)
    except InvalidError as error:
        return await _render_member(call, "delete", error)
    return call.redirect_with_notice(PATH, PATH, "member_deleted")
