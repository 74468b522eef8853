"""Conversations (docs.joinmastodon.org/methods/conversations)."""

from __future__ import annotations

from fedserver.client_api.entities.conversations import Conversation, conversation
from fedserver.domain.notifications import conversations
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed

routes = Routes("client_api")


@routes.get("/api/v1/conversations", who=USER, scope="read:statuses")
async def show(call: Call[Nothing]) -> Listed:
    views, cursors = await conversations.page(call.tx, call.account, call.page())
    return listed([conversation(call.site.links, view) for view in views], cursors)


@routes.delete("/api/v1/conversations/{id}", who=USER, scope="write:conversations")
async def remove(call: Call[Nothing]) -> dict[str, str]:
    await conversations.remove(call.tx, call.account, call.id())
    return {}


@routes.post("/api/v1/conversations/{id}/read", who=USER, scope="write:conversations")
async def read(call: Call[Nothing]) -> Conversation:
    view = await conversations.mark(call.tx, call.account, call.id(), unread=False)
    return conversation(call.site.links, view)


@routes.post("/api/v1/conversations/{id}/unread", who=USER, scope="write:conversations")
async def unread(call: Call[Nothing]) -> Conversation:
    view = await conversations.mark(call.tx, call.account, call.id(), unread=True)
    return conversation(call.site.links, view)
