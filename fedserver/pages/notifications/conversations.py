"""Conversations: private mentions with the people who take part."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.notifications import conversations
from fedserver.pages.post_feed import next_page_url
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes

routes = Routes("pages")
PATH = "/conversations"
PAGE_SIZE = 20


@routes.get(PATH, html=True, auth=USER)
async def list_conversations(call: Call[NoParams]) -> web.StreamResponse:
    views, cursors = await conversations.list_by_account(call.tx, call.account, call.page(PAGE_SIZE))
    return call.render("conversations.html", views=views, older=next_page_url(call, cursors, PAGE_SIZE))


@routes.post(
    PATH + "/{id}/remove",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Remove this conversation from your list? Its posts stay where they are."),
)
async def remove(call: Call[FormParams]) -> web.StreamResponse:
    await conversations.remove(call.tx, call.account, call.id())
    return call.redirect_with_notice(call.params.next, PATH, "conversation_removed")


@routes.post(PATH + "/{id}/read", html=True, auth=USER, params=FormParams)
async def mark_read(call: Call[FormParams]) -> web.StreamResponse:
    await conversations.set_unread(call.tx, call.account, call.id(), unread=False)
    return call.redirect_with_notice(call.params.next, PATH, "conversation_read", call.id())


@routes.post(PATH + "/{id}/unread", html=True, auth=USER, params=FormParams)
async def mark_unread(call: Call[FormParams]) -> web.StreamResponse:
    await conversations.set_unread(call.tx, call.account, call.id(), unread=True)
    return call.redirect_with_notice(call.params.next, PATH, "conversation_unread", call.id())
