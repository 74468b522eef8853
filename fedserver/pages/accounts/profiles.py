"""Profiles: `/@ann` of members, `/@bob@beta.test` of remote accounts (guests are redirected there)."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views, accounts, relations
from fedserver.domain.kernel.errors import GoneError, NotFoundError
from fedserver.domain.notifications import email_subscriptions
from fedserver.domain.relationships import follows
from fedserver.domain.timelines import timelines
from fedserver.pages.content.feeds import render_feed
from fedserver.pages.post_feed import PAGE_SIZE, load_feed, next_page_url
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow

routes = Routes("pages")


class ProfilePageParams(Struct, frozen=True):
    tab: str = ""


async def get_account(call: Call[Any], tx: ReadTx, name: str) -> AccountRow:
    """Return the account of a path; guests are redirected to remote ones. Raises NotFoundError, GoneError."""
    username, _, host = name.partition("@")
    if call.site.links.find_account_domain(host) == "":
        return await accounts.get_local(tx, username)
    row = await accounts.find_by_handle(tx, username, host)
    if row is None:
        raise NotFoundError
    if row.suspended_at is not None:
        raise GoneError
    if call.principal is None:
        raise web.HTTPSeeOther(row.url)
    return row


@routes.get("/@{name}", html=True, params=ProfilePageParams)
async def show(call: Call[ProfilePageParams]) -> web.StreamResponse:
    name = call.text("name")
    base, _, ending = name.rpartition(".")
    if ending in ("atom", "rss") and base:
        return await render_feed(call, await accounts.get_local(call.tx, base), ending)
    row = await get_account(call, call.tx, name)
    view = (await account_views.load(call.tx, [row.id]))[row.id]
    replies = call.params.tab == "replies"
    ids = await timelines.list_by_account(
        call.tx, row.id, call.viewer_id, call.page(), exclude_replies=not replies
    )
    pinned = await timelines.list_pinned(call.tx, row.id, call.viewer_id) if not replies else []
    relation = None
    if call.viewer_id is not None and call.viewer_id != row.id:
        rows = await relations.load(call.tx, call.viewer_id, [row.id])
        relation = rows[0] if rows else None
    return call.render(
        "profile.html",
        view=view,
        relation=relation,
        mails=email_subscriptions.is_available(call.site, row),
        pinned=await load_feed(call, pinned if "max_id" not in call.request.query else [], "account"),
        # Its link to older posts would count without the pinned ones, so it gets one of its own.
        feed=await load_feed(call, [post_id for post_id in ids if post_id not in pinned], "account", 10_000),
        older=next_page_url(call, ids, PAGE_SIZE),
        tab="replies" if replies else "posts",
    )


@routes.get("/users/{name}", html=True, tx="own")
async def redirect_account_uri(call: Call[NoParams]) -> web.StreamResponse:
    return call.see_other(f"/@{call.text('name')}")


@routes.get("/users/{name}/statuses/{id}", "/users/{name}/articles/{id}", html=True, tx="own")
async def redirect_post_uri(call: Call[NoParams]) -> web.StreamResponse:
    return call.see_other(f"/@{call.text('name')}/{call.id()}")


@routes.post("/accounts/{id}/follow", html=True, auth=USER, params=FormParams)
async def follow(call: Call[FormParams]) -> web.StreamResponse:
    target = await accounts.get(call.tx, call.id())
    await follows.follow(call.tx, call.site, call.account, target)
    relation = (await relations.load(call.tx, call.account.id, [target.id]))[0]
    notice = "follow" if relation.following else "request_follow"
    return call.redirect_with_notice(call.params.next, "/home", notice, target.id)


@routes.post("/accounts/{id}/unfollow", html=True, auth=USER, params=FormParams)
async def unfollow(call: Call[FormParams]) -> web.StreamResponse:
    target = await accounts.get(call.tx, call.id())
    await follows.unfollow(call.tx, call.site, call.account, target)
    return call.redirect_with_notice(call.params.next, "/home", "unfollow", target.id)


def _question_answer(call: Call[FormParams]) -> Question | None:
    return Question("Decline this follow request?") if call.text("answer") == "reject" else None


@routes.post(
    "/follow_requests/{id}/{answer}",
    html=True,
    auth=USER,
    params=FormParams,
    question=_question_answer,
)
async def answer_follow_request(call: Call[FormParams]) -> web.StreamResponse:
    accepts = call.text("answer") == "accept"
    decide = follows.accept_request if accepts else follows.reject_request
    try:
        await decide(call.tx, call.account, call.id())
    except NotFoundError:  # the form was sent twice, or the request was withdrawn
        return call.redirect_with_notice(call.params.next, "/notifications", "request_gone")
    name = "request_accepted" if accepts else "request_rejected"
    return call.redirect_with_notice(call.params.next, "/notifications", name)
