"""The instance (docs.joinmastodon.org/methods/instance), custom emoji, and honest stubs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from msgspec import Struct

from fedserver.client_api.entities import instances as entities
from fedserver.client_api.entities.accounts import Account, account
from fedserver.client_api.entities.admin.reports import Rule, rule
from fedserver.client_api.entities.custom_emojis import CustomEmoji, own_emoji
from fedserver.client_api.entities.times import iso
from fedserver.domain.accounts import account_views, accounts
from fedserver.domain.content import emojis
from fedserver.domain.metrics import instance_stats
from fedserver.domain.moderation import rules
from fedserver.domain.notifications import push_keys
from fedserver.text.languages import LANGUAGES
from fedserver.web.endpoint import Call, Nothing, Routes
from fedserver.web.json import encode

routes = Routes("client_api")


async def _contact(call: Call[Nothing]) -> Account | None:
    name = call.site.config.community.contact_account
    row = await accounts.by_handle(call.tx, name) if name else None
    views = await account_views.load_page(call.tx, [row.id]) if row else []
    return account(call.site.links, views[0]) if views else None


async def _described(call: Call[Nothing], entity: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """The instance, encoded once a minute: every client asks for it at every start."""
    room, key = call.services.db.memory.room("instances", 2), (entity, call.tx.now // 60_000)
    known = room.get(key)
    if known is None:
        figures, contact = await instance_stats.load(call.tx), await _contact(call)
        known = encode(entity(call.site, figures, contact, await push_keys.public(call.tx)))
        room.put(key, known)
    return cast(dict[str, Any], known)


@routes.get("/api/v2/instance")
async def version_2(call: Call[Nothing]) -> dict[str, Any]:
    return await _described(call, entities.version_2)


@routes.get("/api/v1/instance")
async def version_1(call: Call[Nothing]) -> dict[str, Any]:
    return await _described(call, entities.version_1)


@routes.get("/api/v1/instance/peers")
async def peers(call: Call[Nothing]) -> list[str]:
    return await instance_stats.peer_names(call.tx)


@routes.get("/api/v1/instance/rules", tx="own")
async def list_rules(call: Call[Nothing]) -> list[Rule]:
    return [rule(each) for each in rules.every(call.site)]


@routes.get("/api/v1/instance/extended_description", tx="own")
async def extended_description(call: Call[Nothing]) -> dict[str, str]:
    now = call.services.db.clock()
    return {
        "updated_at": iso(now // 86_400_000 * 86_400_000),
        "content": call.site.config.community.description,
    }


@routes.get("/api/v1/custom_emojis")
async def custom_emojis(call: Call[Nothing]) -> list[CustomEmoji]:
    return [own_emoji(call.site.links, row) for row in await emojis.everything(call.tx)]


class Activity(Struct, frozen=True):
    week: str
    statuses: str
    logins: str
    registrations: str


@routes.get("/api/v1/instance/activity")
async def activity(call: Call[Nothing]) -> list[Activity]:
    return [
        Activity(str(each.begins_at // 1000), str(each.posts), str(each.active), str(each.joined))
        for each in await instance_stats.activity(call.tx)
    ]


class Language(Struct, frozen=True):
    code: str
    name: str


@routes.get("/api/v1/instance/languages", tx="own")
async def languages(call: Call[Nothing]) -> list[Language]:
    return [Language(code, name) for code, name in LANGUAGES.items()]
