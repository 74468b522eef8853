"""What streams say of what happened: a table from kinds of events to who hears what.

A new kind of event is a function here and a line in the table. What a listener gets was read for its account
at that moment: visibility, mutes, blocks and filters hold as in timelines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fedserver.client_api.encoded import status_json
from fedserver.client_api.entities.announcements import announcement
from fedserver.client_api.entities.conversations import conversation
from fedserver.client_api.entities.notifications import notification
from fedserver.client_api.timelines.hub import Hub, Room, Teller
from fedserver.domain.kernel import events
from fedserver.domain.notifications import announcements, conversations, notifications
from fedserver.domain.timelines import home, post_cache, streams
from fedserver.web.json import encode
from storage.engine import Tx

Data = Mapping[str, Any]


def _post(word: str) -> Teller:
    """A post for homes and lists, then for public streams and those of hashtags."""

    async def tell(hub: Hub, data: Data) -> None:
        post_id: int = data["post_id"]
        async with hub.services.db.read() as tx:
            await _at_home(hub, tx, post_id, word)
            await _in_public(hub, tx, post_id, word)

    return tell


async def _at_home(hub: Hub, tx: Tx, post_id: int, word: str) -> None:
    holders = await home.holders(tx, post_id, hub.subjects("user"))
    lists = await streams.lists_with(tx, post_id, hub.subjects("list"))
    readers = list({*holders, *(owner for _, owner in lists)})
    if readers:
        payloads = await _payloads(hub, tx, post_id, readers, "home")
        rooms: list[Room] = [*(("user", each) for each in holders), *(("list", each) for each, _ in lists)]
        hub.tell_each(rooms, word, payloads)


async def _in_public(hub: Hub, tx: Tx, post_id: int, word: str) -> None:
    shown = await post_cache.load(tx, [post_id])
    known = shown.posts.get(post_id)
    author = shown.authors.get(known.post.account_id) if known is not None else None
    if known is None or author is None:
        return
    has_media = bool(known.media or known.cover)
    limited = author.account.silenced_at is not None
    rooms = streams.of(known.post, limited=limited, has_media=has_media)
    readers = hub.listening(rooms)
    if readers:
        hub.tell_each(rooms, word, await _payloads(hub, tx, post_id, list(readers), "public"))


async def _payloads(hub: Hub, tx: Tx, post_id: int, readers: list[int], context: str) -> dict[int, str]:
    """The post as JSON for each of the readers who may see it; equal ones are one string."""
    made: dict[int, str] = {}
    found = {}
    for reader, view in (await streams.views(tx, post_id, readers, context)).items():
        text = made.get(id(view))
        if text is None:
            text = made[id(view)] = bytes(status_json(hub.services, view)).decode()
        found[reader] = text
    return found


async def _deleted(hub: Hub, data: Data) -> None:
    hub.tell([("user", each) for each in data["listeners"]], "delete", str(data["post_id"]))


async def _withdrawn(hub: Hub, data: Data) -> None:
    async with hub.services.db.read() as tx:
        lists = await streams.lists_of_author(tx, data["account_id"], hub.subjects("list"))
    rooms: list[Room] = [*((name, tag) for name, tag in data["streams"]), *(("list", each) for each in lists)]
    hub.tell(rooms, "delete", str(data["post_id"]))


async def _notified(hub: Hub, data: Data) -> None:
    room: Room = ("notifications", data["account_id"])
    if not hub.listening([room]):
        return
    async with hub.services.db.read() as tx:
        view = await notifications.by_id(tx, data["notification_id"])
    if view is not None:
        hub.tell([room], "notification", encode(notification(hub.services.site.links, view)).decode())


async def _conversed(hub: Hub, data: Data) -> None:
    room: Room = ("direct", data["account_id"])
    if not hub.listening([room]):
        return
    async with hub.services.db.read() as tx:
        view = await conversations.by_id(tx, data["conversation_id"])
    if view is not None:
        hub.tell([room], "conversation", encode(conversation(hub.services.site.links, view)).decode())


async def _merged(hub: Hub, data: Data) -> None:
    hub.tell([("notifications", data["account_id"])], "notifications_merged", "1")


async def _reacted(hub: Hub, data: Data) -> None:
    async with hub.services.db.read() as tx:
        count = await announcements.reacted(tx, data["announcement_id"], data["name"])
    told = {"name": data["name"], "count": count, "announcement_id": str(data["announcement_id"])}
    _tell_members(hub, "announcement.reaction", encode(told).decode())


async def _filters_changed(hub: Hub, data: Data) -> None:
    hub.tell([("user", data["account_id"])], "filters_changed", None)


async def _announced(hub: Hub, data: Data) -> None:
    async with hub.services.db.read() as tx:
        view = await announcements.shown(tx, data["announcement_id"])
    if view is not None:
        _tell_members(hub, "announcement", encode(announcement(hub.services.site.links, view)).decode())


async def _announcement_removed(hub: Hub, data: Data) -> None:
    _tell_members(hub, "announcement.delete", str(data["announcement_id"]))


def _tell_members(hub: Hub, word: str, payload: str) -> None:
    hub.tell([("user", each) for each in hub.subjects("user")], word, payload)


TELLERS: dict[str, Teller] = {
    events.POST_PUBLISHED: _post("update"),
    events.POST_EDITED: _post("status.update"),
    events.POLL_TALLIED: _post("status.update"),
    events.POST_DELETED: _deleted,
    events.POST_WITHDRAWN: _withdrawn,
    events.NOTIFIED: _notified,
    events.FILTERS_CHANGED: _filters_changed,
    events.NOTIFICATIONS_MERGED: _merged,
    events.CONVERSATION_CHANGED: _conversed,
    events.ANNOUNCEMENT_REACTED: _reacted,
    events.ANNOUNCED: _announced,
    events.ANNOUNCEMENT_REMOVED: _announcement_removed,
}
