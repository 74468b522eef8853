"""Accounts: search them, see their history, moderate them and their posts, revoke decisions."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.audit_log import audit_log_views
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.moderation import (
    admin_accounts,
    moderation,
    moderation_notes,
    post_moderation,
    purges,
    reports,
)
from fedserver.domain.timelines import post_views, timelines
from fedserver.text.locales import gettext
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, NoParams, Question, ReasonFormParams, Routes

routes = Routes("console")
PATH = "/admin/accounts"
PAGE_SIZE, MAX_POSTS = 40, 10


class AccountSearchParams(Struct, frozen=True):
    q: str = ""
    origin: str = ""
    status: str = ""


class ModerationActionParams(Struct, frozen=True):
    csrf: str = ""
    kind: str = ""
    text: str = ""
    days: int = 0
    mails: bool = False
    hides_reason: bool = False
    report_id: int | None = None


class PostModerationParams(ModerationActionParams, frozen=True):
    post_ids: list[int] = []


class ModerationNoteParams(Struct, frozen=True):
    csrf: str = ""
    text: str = ""


class PurgeParams(Struct, frozen=True):
    csrf: str = ""
    reason: str = ""
    sure: bool = False


def _parse_query(params: AccountSearchParams) -> admin_accounts.AdminAccountQuery:
    """Return a query for `ann`, `ann@beta.test` or `@beta.test`."""
    text = params.q.strip()
    username, at, host = text.lstrip("@").partition("@")
    if text.startswith("@") and not at:
        username, host = ("", username) if "." in username else (username, "")
    return admin_accounts.AdminAccountQuery(
        origin=params.origin, status=params.status, username=username, domain=host
    )


@routes.get(PATH, html=True, auth=MODERATOR, params=AccountSearchParams)
async def search(call: Call[AccountSearchParams]) -> web.Response:
    params = call.params
    page = call.page(PAGE_SIZE, PAGE_SIZE)
    views = await admin_accounts.list_page(call.tx, _parse_query(params), page)
    if not views and "@" in params.q.strip("@ "):
        # It may also be the beginning of the email address of a member.
        by_email = admin_accounts.AdminAccountQuery(email=params.q)
        views = await admin_accounts.list_page(call.tx, by_email, page)
    return call.render(
        "admin/accounts.html",
        params=params,
        views=views,
        statuses=admin_accounts.STATUSES,
        older=views[-1].view.account.id if len(views) == PAGE_SIZE else None,
    )


@routes.get(PATH + "/{id}", html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    view = await admin_accounts.get(call.tx, call.id())
    row = view.view.account
    post_ids = await timelines.list_by_account(
        call.tx, row.id, call.viewer_id, call.page(MAX_POSTS, MAX_POSTS), exclude_boosts=True
    )
    return call.render(
        "admin/account.html",
        posts=await post_views.load(call.tx, post_ids, call.viewer_id),
        admin_view=view,
        acts=await audit_log_views.list_by_target(call.tx, row.uri),
        notes=await moderation_notes.list_by_account(call.tx, row.id),
        reports=await reports.list_page(call.tx, call.page(20, 20), "all", target_id=row.id),
    )


def _question_action(call: Call[ModerationActionParams]) -> Question | None:
    if call.params.kind != "suspend":
        return None
    return Question("Suspend this account? All its follow relationships end.")


def _question_posts(call: Call[PostModerationParams]) -> Question | None:
    if call.params.kind != "delete_statuses":
        return None
    return Question("Delete the chosen posts permanently? You cannot undo this.")


def _say_decided(call: Call[Any], report_id: int | None) -> web.Response:
    """Lead back to where the moderator came from, and say what was done: a decision closes its report."""
    if report_id is None:
        return call.redirect_with_notice(f"{PATH}/{call.id()}", PATH, "action_applied")
    return call.redirect_with_notice("/admin/reports", PATH, "report_decided")


@routes.post(
    PATH + "/{id}/act",
    html=True,
    auth=MODERATOR,
    params=ModerationActionParams,
    question=_question_action,
)
async def apply_action(call: Call[ModerationActionParams]) -> web.Response:
    params = call.params
    action = moderation.ModerationAction(
        params.kind, params.text, params.report_id, params.days, params.mails, params.hides_reason
    )
    await moderation.apply(call.tx, call.site, call.member, call.id(), action)
    return _say_decided(call, params.report_id)


@routes.post(
    PATH + "/{id}/posts",
    html=True,
    auth=MODERATOR,
    params=PostModerationParams,
    question=_question_posts,
)
async def moderate_posts(call: Call[PostModerationParams]) -> web.Response:
    params = call.params
    action = moderation.ModerationAction(
        params.kind, params.text, params.report_id, 0, params.mails, params.hides_reason
    )
    await post_moderation.apply(call.tx, call.site, call.member, call.id(), action, params.post_ids)
    return _say_decided(call, params.report_id)


@routes.post(PATH + "/{id}/lift/{kind}", html=True, auth=MODERATOR, params=ReasonFormParams)
async def revoke_action(call: Call[ReasonFormParams]) -> web.Response:
    kind = call.text("kind")
    if kind not in moderation.REVOCATIONS:
        raise NotFoundError
    await moderation.revoke(call.tx, call.member, call.id(), kind, call.params.reason)
    return call.redirect_with_notice(f"{PATH}/{call.id()}", PATH, "action_revoked")


@routes.post(PATH + "/{id}/notes", html=True, auth=MODERATOR, params=ModerationNoteParams)
async def add_note(call: Call[ModerationNoteParams]) -> web.Response:
    await moderation_notes.add(call.tx, call.member, call.id(), call.params.text)
    return call.redirect_with_notice(f"{PATH}/{call.id()}", PATH, "note")


@routes.post(
    PATH + "/{id}/notes/{note}/delete",
    html=True,
    auth=MODERATOR,
    params=ReasonFormParams,
    question=Question("Delete this note permanently?"),
)
async def delete_note(call: Call[ReasonFormParams]) -> web.Response:
    await moderation_notes.remove(call.tx, call.id(), call.id("note"))
    return call.redirect_with_notice(f"{PATH}/{call.id()}", PATH, "note_deleted")


@routes.post(PATH + "/{id}/delete", html=True, auth=ADMIN, params=PurgeParams)
async def delete(call: Call[PurgeParams]) -> web.Response:
    if not call.params.sure:
        raise InvalidError(
            "account",
            "is deleted only if you tick that you are sure",
            message=gettext("Please confirm that you want to delete all data of this account permanently."),
        )
    await purges.purge(call.tx, call.member, call.id(), call.params.reason)
    return call.see_other(f"{PATH}/{call.id()}")
