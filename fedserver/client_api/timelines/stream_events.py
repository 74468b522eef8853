"""What streams send when something happens: a table from kinds of events to handlers.

A new kind of event is a function here and a line in the table. What a listener gets is read for its account
at that moment: visibility, mutes, blocks and filters apply as in timelines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fedserver.client_api.entities.announcements import render_announcement
from fedserver.client_api.entities.conversations import render_conversation
from fedserver.client_api.entities.notifications import render_notification
from fedserver.client_api.entity_cache import encode_status
from fedserver.client_api.timelines.hub import Channel, EventHandler, Hub
from fedserver.domain.kernel import events
from fedserver.domain.notifications import announcements, conversations, notification_views
from fedserver.domain.timelines import home, post_cache, streams
from fedserver.web.json import encode
from storage.engine import ReadTx

EventData = Mapping[str, Any]


def _post_handler(event: str) -> EventHandler:
    """Return the handler that sends a post to homes and lists, then to public streams and hashtags."""

    async def handle(hub: Hub, data: EventData) -> None:
        post_id: int = data["post_id"]
        async with hub.services.db.read() as tx:
            await _publish_to_homes(hub, tx, post_id, event)
            await _publish_to_public(hub, tx, post_id, event)

    return handle


async def _publish_to_homes(hub: Hub, tx: ReadTx, post_id: int, event: str) -> None:
    holders = await home.list_recipients(tx, post_id, hub.list_subjects("user"))
    lists = await streams.list_lists_with_post(tx, post_id, hub.list_subjects("list"))
    readers = list({*holders, *(owner for _, owner in lists)})
    if readers:
        payloads = await _render_payloads(hub, tx, post_id, readers, "home")
        channels: list[Channel] = [
            *(("user", account_id) for account_id in holders),
            *(("list", list_id) for list_id, _ in lists),
        ]
        hub.publish_per_account(channels, event, payloads)


async def _publish_to_public(hub: Hub, tx: ReadTx, post_id: int, event: str) -> None:
    cached = await post_cache.load(tx, [post_id])
    cached_post = cached.posts.get(post_id)
    author = cached.authors.get(cached_post.post.account_id) if cached_post is not None else None
    if cached_post is None or author is None:
        return
    has_media = bool(cached_post.media or cached_post.cover)
    limited = author.account.silenced_at is not None
    channels = streams.list_for_post(cached_post.post, is_limited=limited, has_media=has_media)
    readers = hub.list_listening_accounts(channels)
    if readers:
        hub.publish_per_account(
            channels, event, await _render_payloads(hub, tx, post_id, list(readers), "public")
        )


async def _render_payloads(
    hub: Hub, tx: ReadTx, post_id: int, readers: list[int], context: str
) -> dict[int, str]:
    """Return the post as JSON for each of the readers who may see it; equal ones are one string."""
    texts: dict[int, str] = {}
    payloads = {}
    for reader, view in (await streams.load_views(tx, post_id, readers, context)).items():
        text = texts.get(id(view))
        if text is None:
            text = texts[id(view)] = bytes(encode_status(hub.services, view)).decode()
        payloads[reader] = text
    return payloads


async def _publish_deletion(hub: Hub, data: EventData) -> None:
    hub.publish([("user", account_id) for account_id in data["listeners"]], "delete", str(data["post_id"]))


async def _publish_withdrawal(hub: Hub, data: EventData) -> None:
    async with hub.services.db.read() as tx:
        lists = await streams.list_lists_with_author(tx, data["account_id"], hub.list_subjects("list"))
    channels: list[Channel] = [
        *((name, tag) for name, tag in data["streams"]),
        *(("list", list_id) for list_id in lists),
    ]
    hub.publish(channels, "delete", str(data["post_id"]))


async def _publish_notification(hub: Hub, data: EventData) -> None:
    channel: Channel = ("notifications", data["account_id"])
    if not hub.list_listening_accounts([channel]):
        return
    async with hub.services.db.read() as tx:
        view = await notification_views.find(tx, data["notification_id"])
    if view is not None:
        hub.publish(
            [channel], "notification", encode(render_notification(hub.services.site.links, view)).decode()
        )


async def _publish_conversation(hub: Hub, data: EventData) -> None:
    channel: Channel = ("direct", data["account_id"])
    if not hub.list_listening_accounts([channel]):
        return
    async with hub.services.db.read() as tx:
        view = await conversations.find(tx, data["conversation_id"])
    if view is not None:
        hub.publish(
            [channel], "conversation", encode(render_conversation(hub.services.site.links, view)).decode()
        )


async def _publish_merge(hub: Hub, data: EventData) -> None:
    hub.publish([("notifications", data["account_id"])], "notifications_merged", "1")


async def _publish_reaction(hub: Hub, data: EventData) -> None:
    async with hub.services.db.read() as tx:
        count = await announcements.count_reactions(tx, data["announcement_id"], data["name"])
    body = {"name": data["name"], "count": count, "announcement_id": str(data["announcement_id"])}
    _publish_to_members(hub, "announcement.reaction", encode(body).decode())


async def _publish_filters_changed(hub: Hub, data: EventData) -> None:
    hub.publish([("user", data["account_id"])], "filters_changed", None)


async def _publish_announcement(hub: Hub, data: EventData) -> None:
    async with hub.services.db.read() as tx:
        view = await announcements.find_current(tx, hub.services.site, data["announcement_id"])
    if view is not None:
        _publish_to_members(
            hub, "announcement", encode(render_announcement(hub.services.site.links, view)).decode()
        )


async def _publish_announcement_removal(hub: Hub, data: EventData) -> None:
    _publish_to_members(hub, "announcement.delete", str(data["announcement_id"]))


def _publish_to_members(hub: Hub, event: str, payload: str) -> None:
    hub.publish([("user", account_id) for account_id in hub.list_subjects("user")], event, payload)


HANDLERS: dict[str, EventHandler] = {
    events.POST_PUBLISHED: _post_handler("update"),
    events.POST_EDITED: _post_handler("status.update"),
    events.POLL_TALLIED: _post_handler("status.update"),
    events.POST_DELETED: _publish_deletion,
    events.POST_WITHDRAWN: _publish_withdrawal,
    events.NOTIFICATION_ADDED: _publish_notification,
    events.FILTERS_CHANGED: _publish_filters_changed,
    events.NOTIFICATIONS_MERGED: _publish_merge,
    events.CONVERSATION_CHANGED: _publish_conversation,
    events.ANNOUNCEMENT_REACTED: _publish_reaction,
    events.ANNOUNCEMENT_PUBLISHED: _publish_announcement,
    events.ANNOUNCEMENT_REMOVED: _publish_announcement_removal,
}
