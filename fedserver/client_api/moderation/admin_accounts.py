"""The admin API for accounts (docs.joinmastodon.org/methods/admin/accounts).

Deleting an account requires an admin. Moderators may reject a sign-up, which deletes it; their other actions
can be revoked.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.admin.accounts import AdminAccount, find_role_name, render_admin_account
from fedserver.domain.moderation import admin_accounts, moderation, purges
from fedserver.domain.registration import signup_review
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")
READ, WRITE = "admin:read:accounts", "admin:write:accounts"
PATH = "/api/v1/admin/accounts/{id}"


class AdminAccountsParams(Struct, frozen=True, kw_only=True):
    """The query parameters of version 2."""

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


class AdminAccountsV1Params(AdminAccountsParams, frozen=True, kw_only=True):
    """The query parameters of version 1: a flag for each status and origin, of which the first counts.

    `origin` and `status` themselves are ignored.
    """

    local: bool = False
    remote: bool = False
    active: bool = False
    pending: bool = False
    disabled: bool = False
    sensitized: bool = False
    silenced: bool = False
    suspended: bool = False
    staff: bool = False


class AccountActionParams(Struct, frozen=True):
    """A moderation action.

    `days` and `hides_reason` extend Mastodon's API: the days until the action expires (0: never), and whether
    the public log omits the reason.
    """

    type: str = ""
    report_id: int | None = None
    text: str = ""
    send_email_notification: bool = False
    days: int = 0
    hides_reason: bool = False


def _build_query(
    params: AdminAccountsParams, origin: str, status: str, *, staff: bool
) -> admin_accounts.AdminAccountQuery:
    roles = [find_role_name(role_id) for role_id in params.role_ids]
    return admin_accounts.AdminAccountQuery(
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


async def _list_accounts(call: Call[Any], query: admin_accounts.AdminAccountQuery) -> EntityPage:
    views = await admin_accounts.list_page(call.tx, query, call.page(100, 200))
    return to_page(
        [render_admin_account(call.site.links, view) for view in views],
        [view.view.account.id for view in views],
    )


@routes.get("/api/v2/admin/accounts", auth=MODERATOR, scope=READ, params=AdminAccountsParams)
async def list_v2(call: Call[AdminAccountsParams]) -> EntityPage:
    params = call.params
    staff = params.permissions == "staff"
    return await _list_accounts(call, _build_query(params, params.origin, params.status, staff=staff))


@routes.get("/api/v1/admin/accounts", auth=MODERATOR, scope=READ, params=AdminAccountsV1Params)
async def list_v1(call: Call[AdminAccountsV1Params]) -> EntityPage:
    params = call.params
    origin = next((name for name in ("local", "remote") if getattr(params, name)), "")
    status = next((name for name in admin_accounts.STATUSES if getattr(params, name)), "")
    return await _list_accounts(call, _build_query(params, origin, status, staff=params.staff))


async def _render_account(call: Call[Any]) -> AdminAccount:
    return render_admin_account(call.site.links, await admin_accounts.get(call.tx, call.id()))


@routes.get(PATH, auth=MODERATOR, scope=READ)
async def show(call: Call[NoParams]) -> AdminAccount:
    return await _render_account(call)


@routes.delete(PATH, auth=ADMIN, scope=WRITE)
async def delete(call: Call[NoParams]) -> AdminAccount:
    await purges.purge(call.tx, call.member, call.id())
    return await _render_account(call)


@routes.post(f"{PATH}/action", auth=MODERATOR, scope=WRITE, params=AccountActionParams)
async def apply_action(call: Call[AccountActionParams]) -> dict[str, str]:
    params = call.params
    action = moderation.ModerationAction(
        params.type,
        params.text,
        params.report_id,
        params.days,
        params.send_email_notification,
        params.hides_reason,
    )
    await moderation.apply(call.tx, call.site, call.member, call.id(), action)
    return {}


@routes.post(f"{PATH}/approve", auth=MODERATOR, scope=WRITE)
async def approve(call: Call[NoParams]) -> AdminAccount:
    await signup_review.approve(call.tx, call.site, call.member, call.id())
    return await _render_account(call)


@routes.post(f"{PATH}/reject", auth=MODERATOR, scope=WRITE)
async def reject(call: Call[NoParams]) -> AdminAccount:
    """Reject a sign-up. Returns the account as it was before it is deleted."""
    account = await _render_account(call)
    await signup_review.reject(call.tx, call.member, call.id())
    return account


async def _revoke_action(call: Call[NoParams], kind: str) -> AdminAccount:
    await moderation.revoke(call.tx, call.member, call.id(), kind)
    return await _render_account(call)


@routes.post(f"{PATH}/enable", auth=MODERATOR, scope=WRITE)
async def enable(call: Call[NoParams]) -> AdminAccount:
    return await _revoke_action(call, "disable")


@routes.post(f"{PATH}/unsensitive", auth=MODERATOR, scope=WRITE)
async def unsensitive(call: Call[NoParams]) -> AdminAccount:
    return await _revoke_action(call, "sensitive")


@routes.post(f"{PATH}/unsilence", auth=MODERATOR, scope=WRITE)
async def unsilence(call: Call[NoParams]) -> AdminAccount:
    return await _revoke_action(call, "silence")


@routes.post(f"{PATH}/unsuspend", auth=MODERATOR, scope=WRITE)
async def unsuspend(call: Call[NoParams]) -> AdminAccount:
    return await _revoke_action(call, "suspend")
