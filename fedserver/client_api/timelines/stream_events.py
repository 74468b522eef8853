"""What streams say of what happened: a table from kinds of events to who hears what.

A new kind of event is a function here and a line in the table. What a listener gets was read for its account
at that moment: visibility, mutes, blocks and filters hold as in timelines.
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
from storage.engine import Tx

EventData = Mapping[str, Any]


def _post_handler(word: str) -> EventHandler:
    """A post for homes and lists, then for public streams and those of hashtags."""

    async def tell(hub: Hub, data: EventData) -> None:
        post_id: int = data["post_id"]
        async with hub.services.db.read() as tx:
            await _publish_to_homes(hub, tx, post_id, word)
            await _publish_to_public(hub, tx, post_id, word)

    return tell


async def _publish_to_homes(hub: Hub, tx: Tx, post_id: int, word: str) -> None:
    holders = await home.list_recipients(tx, post_id, hub.list_subjects("user"))
    lists = await streams.list_lists_with_post(tx, post_id, hub.list_subjects("list"))
    readers = list({*holders, *(owner for _, owner in lists)})
    if readers:
        payloads = await _render_payloads(hub, tx, post_id, readers, "home")
        rooms: list[Channel] = [*(("user", each) for each in holders), *(("list", each) for each, _ in lists)]
        hub.publish_per_account(rooms, word, payloads)


async def _publish_to_public(hub: Hub, tx: Tx, post_id: int, word: str) -> None:
    shown = await post_cache.load(tx, [post_id])
    known = shown.posts.get(post_id)
    author = shown.authors.get(known.post.account_id) if known is not None else None
    if known is None or author is None:
        return
    has_media = bool(known.media or known.cover)
    limited = author.account.silenced_at is not None
    rooms = streams.list_for_post(known.post, is_limited=limited, has_media=has_media)
    readers = hub.list_listening_accounts(rooms)
    if readers:
        hub.publish_per_account(
            rooms, word, await _render_payloads(hub, tx, post_id, list(readers), "public")
        )


async def _render_payloads(
    hub: Hub, tx: Tx, post_id: int, readers: list[int], context: str
) -> dict[int, str]:
    """The post as JSON for each of the readers who may see it; equal ones are one string."""
    made: dict[int, str] = {}
    found = {}
    for reader, view in (await streams.load_views(tx, post_id, readers, context)).items():
        text = made.get(id(view))
        if text is None:
            text = made[id(view)] = bytes(encode_status(hub.services, view)).decode()
        found[reader] = text
    return found


async def _publish_deletion(hub: Hub, data: EventData) -> None:
    hub.publish([("user", each) for each in data["listeners"]], "delete", str(data["post_id"]))


async def _publish_withdrawal(hub: Hub, data: EventData) -> None:
    async with hub.services.db.read() as tx:
        lists = await streams.list_lists_with_author(tx, data["account_id"], hub.list_subjects("list"))
    rooms: list[Channel] = [
        *((name, tag) for name, tag in data["streams"]),
        *(("list", each) for each in lists),
    ]
    hub.publish(rooms, "delete", str(data["post_id"]))


async def _publish_notification(hub: Hub, data: EventData) -> None:
    room: Channel = ("notifications", data["account_id"])
    if not hub.list_listening_accounts([room]):
        return
    async with hub.services.db.read() as tx:
        view = await notification_views.find(tx, data["notification_id"])
    if view is not None:
        hub.publish(
            [room], "notification", encode(render_notification(hub.services.site.links, view)).decode()
        )


async def _publish_conversation(hub: Hub, data: EventData) -> None:
    room: Channel = ("direct", data["account_id"])
    if not hub.list_listening_accounts([room]):
        return
    async with hub.services.db.read() as tx:
        view = await conversations.find(tx, data["conversation_id"])
    if view is not None:
        hub.publish(
            [room], "conversation", encode(render_conversation(hub.services.site.links, view)).decode()
        )


async def _publish_merge(hub: Hub, data: EventData) -> None:
    hub.publish([("notifications", data["account_id"])], "notifications_merged", "1")


async def _publish_reaction(hub: Hub, data: EventData) -> None:
    async with hub.services.db.read() as tx:
        count = await announcements.count_reactions(tx, data["announcement_id"], data["name"])
    told = {"name": data["name"], "count": count, "announcement_id": str(data["announcement_id"])}
    _publish_to_members(hub, "announcement.reaction", encode(told).decode())


async def _publish_filters_changed(hub: Hub, data: EventData) -> None:
    hub.publish([("user", data["account_id"])], "filters_changed", None)


async def _publish_announcement(hub: Hub, data: EventData) -> None:
    async with hub.services.db.read() as tx:
        view = await announcements.find_current(tx, data["announcement_id"])
    if view is not None:
        _publish_to_members(
            hub, "announcement", encode(render_announcement(hub.services.site.links, view)).decode()
        )


async def _publish_announcement_removal(hub: Hub, data: EventData) -> None:
    _publish_to_members(hub, "announcement.delete", str(data["announcement_id"]))


def _publish_to_members(hub: Hub, word: str, payload: str) -> None:
    hub.publish([("user", each) for each in hub.list_subjects("user")], word, payload)


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
