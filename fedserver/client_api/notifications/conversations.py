"""Conversations (docs.joinmastodon.org/methods/conversations)."""

from __future__ import annotations

from fedserver.client_api.entities.conversations import Conversation, render_conversation
from fedserver.domain.notifications import conversations
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")


@routes.get("/api/v1/conversations", auth=USER, scope="read:statuses")
async def list_conversations(call: Call[NoParams]) -> EntityPage:
    views, cursors = await conversations.list_by_account(call.tx, call.account, call.page())
    return to_page([render_conversation(call.site.links, view) for view in views], cursors)


@routes.delete("/api/v1/conversations/{id}", auth=USER, scope="write:conversations")
async def delete(call: Call[NoParams]) -> dict[str, str]:
    await conversations.remove(call.tx, call.account, call.id())
    return {}


@routes.post("/api/v1/conversations/{id}/read", auth=USER, scope="write:conversations")
async def mark_read(call: Call[NoParams]) -> Conversation:
    view = await conversations.set_unread(call.tx, call.account, call.id(), unread=False)
    return render_conversation(call.site.links, view)


@routes.post("/api/v1/conversations/{id}/unread", auth=USER, scope="write:conversations")
async def mark_unread(call: Call[NoParams]) -> Conversation:
    view = await conversations.set_unread(call.tx, call.account, call.id(), unread=True)
    return render_conversation(call.site.links, view)
