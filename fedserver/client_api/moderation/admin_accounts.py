"""Accounts for moderators (docs.joinmastodon.org/methods/admin/accounts).

Only admins delete for good; everything else moderators do can be taken back.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.admin.accounts import AdminAccount, admin_account, role_named
from fedserver.domain.moderation import admin_accounts, moderation, purges
from fedserver.domain.registration import signup_review
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed

routes = Routes("client_api")
READ, WRITE = "admin:read:accounts", "admin:write:accounts"
PATH = "/api/v1/admin/accounts/{id}"


class ListParams(Struct, frozen=True, kw_only=True):
    """The filters of version 2; version 1 has a switch for each status and origin."""

    origin: str = ""
    status: str = ""
    permissions: str = ""
    role_ids: list[str] = []
    invited_by: int = 0
    username: str = ""
    display_name: str = ""
    by_domain: str = ""
    email: str = ""
    ip: str = ""


class SwitchParams(ListParams, frozen=True, kw_only=True):
    local: bool = False
    remote: bool = False
    active: bool = False
    pending: bool = False
    disabled: bool = False
    sensitized: bool = False
    silenced: bool = False
    suspended: bool = False
    staff: bool = False


class ActionParams(Struct, frozen=True):
    """`days` is ours: the act lifts itself after so many; `hides_reason`: the public log does not show it."""

    type: str = ""
    report_id: int | None = None
    text: str = ""
    send_email_notification: bool = False
    days: int = 0
    hides_reason: bool = False


def _filter(params: ListParams, origin: str, status: str, *, staff: bool) -> admin_accounts.Filter:
    roles = [role_named(each) for each in params.role_ids]
    return admin_accounts.Filter(
        origin=origin,
        status=status,
        roles=roles or (admin_accounts.STAFF if staff else ()),
        invited_by_id=params.invited_by,
        username=params.username,
        display_name=params.display_name,
        domain=params.by_domain,
        email=params.email,
        ip=params.ip,
    )


async def _list(call: Call[Any], wanted: admin_accounts.Filter) -> Listed:
    views = await admin_accounts.page(call.tx, wanted, call.page(100, 200))
    return listed(
        [admin_account(call.site.links, view) for view in views], [view.view.account.id for view in views]
    )


@routes.get("/api/v2/admin/accounts", who=MODERATOR, scope=READ, params=ListParams)
async def version_2(call: Call[ListParams]) -> Listed:
    params = call.params
    staff = params.permissions == "staff"
    return await _list(call, _filter(params, params.origin, params.status, staff=staff))


@routes.get("/api/v1/admin/accounts", who=MODERATOR, scope=READ, params=SwitchParams)
async def version_1(call: Call[SwitchParams]) -> Listed:
    params = call.params
    origin = next((name for name in ("local", "remote") if getattr(params, name)), "")
    status = next((name for name in admin_accounts.STATUSES if getattr(params, name)), "")
    return await _list(call, _filter(params, origin, status, staff=params.staff))


async def _entity(call: Call[Any]) -> AdminAccount:
    return admin_account(call.site.links, await admin_accounts.get(call.tx, call.id()))


@routes.get(PATH, who=MODERATOR, scope=READ)
async def show(call: Call[Nothing]) -> AdminAccount:
    return await _entity(call)


@routes.delete(PATH, who=ADMIN, scope=WRITE)
async def delete(call: Call[Nothing]) -> AdminAccount:
    await purges.purge(call.tx, call.member, call.id())
    return await _entity(call)


@routes.post(f"{PATH}/action", who=MODERATOR, scope=WRITE, params=ActionParams)
async def act(call: Call[ActionParams]) -> dict[str, str]:
    params = call.params
    order = moderation.Order(
        params.type,
        params.text,
        params.report_id,
        params.days,
        params.send_email_notification,
        params.hides_reason,
    )
    await moderation.act(call.tx, call.site, call.member, call.id(), order)
    return {}


@routes.post(f"{PATH}/approve", who=MODERATOR, scope=WRITE)
async def approve(call: Call[Nothing]) -> AdminAccount:
    await signup_review.approve(call.tx, call.site, call.member, call.id())
    return await _entity(call)


@routes.post(f"{PATH}/reject", who=MODERATOR, scope=WRITE)
async def reject(call: Call[Nothing]) -> AdminAccount:
    """What is shown is what there was: it is forgotten with this answer."""
    shown = await _entity(call)
    await signup_review.reject(call.tx, call.member, call.id())
    return shown


async def _lift(call: Call[Nothing], kind: str) -> AdminAccount:
    await moderation.lift(call.tx, call.member, call.id(), kind)
    return await _entity(call)


@routes.post(f"{PATH}/enable", who=MODERATOR, scope=WRITE)
async def enable(call: Call[Nothing]) -> AdminAccount:
    return await _lift(call, "disable")


@routes.post(f"{PATH}/unsensitive", who=MODERATOR, scope=WRITE)
async def unsensitive(call: Call[Nothing]) -> AdminAccount:
    return await _lift(call, "sensitive")


@routes.post(f"{PATH}/unsilence", who=MODERATOR, scope=WRITE)
async def unsilence(call: Call[Nothing]) -> AdminAccount:
    return await _lift(call, "silence")


@routes.post(f"{PATH}/unsuspend", who=MODERATOR, scope=WRITE)
async def unsuspend(call: Call[Nothing]) -> AdminAccount:
    return await _lift(call, "suspend")
