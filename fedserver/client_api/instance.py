"""The instance (docs.joinmastodon.org/methods/instance) and its custom emoji."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from markupsafe import escape
from msgspec import Struct

from fedserver.client_api.entities import instances as entities
from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.admin.reports import Rule, render_rule
from fedserver.client_api.entities.custom_emojis import CustomEmoji, render_local_emoji
from fedserver.client_api.entities.times import to_iso
from fedserver.domain.accounts import account_views, accounts
from fedserver.domain.content import emojis
from fedserver.domain.metrics import instance_stats
from fedserver.domain.moderation import rules
from fedserver.domain.notifications import push_keys
from fedserver.domain.settings import welcome
from fedserver.text.languages import LANGUAGES
from fedserver.web.endpoint import EVERYONE, Call, NoParams, Routes
from fedserver.web.json import encode

routes = Routes("client_api")


async def _render_contact(call: Call[NoParams]) -> Account | None:
    name = call.site.config.community.contact_account
    row = await accounts.find_by_handle(call.tx, name) if name else None
    views = await account_views.load_page(call.tx, [row.id]) if row else []
    return render_account(call.site.links, views[0]) if views else None


async def _render_cached(call: Call[NoParams], entity: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the instance, encoded once a minute: every client asks for it at every start.

    How many people are here and who answers questions is for members, where visitors may not read.
    """
    is_reader = call.viewer_id is not None or call.site.access.admits_visitors
    cache = call.services.db.caches.get_cache("instances", 4)
    key = (entity, is_reader, call.site.revision, call.tx.now // 60_000)
    encoded = cache.get(key)
    if encoded is None:
        stats = await instance_stats.load(call.tx) if is_reader else None
        contact = await _render_contact(call) if is_reader else None
        encoded = encode(entity(call.site, stats, contact, await push_keys.load_public_key(call.tx)))
        cache.store(key, encoded)
    return cast(dict[str, Any], encoded)


@routes.get("/api/v2/instance", audience=EVERYONE)
async def show_v2(call: Call[NoParams]) -> dict[str, Any]:
    return await _render_cached(call, entities.render_instance_v2)


@routes.get("/api/v1/instance", audience=EVERYONE)
async def show_v1(call: Call[NoParams]) -> dict[str, Any]:
    return await _render_cached(call, entities.render_instance_v1)


@routes.get("/api/v1/instance/peers")
async def list_peers(call: Call[NoParams]) -> list[str]:
    return await instance_stats.list_peer_domains(call.tx)


@routes.get("/api/v1/instance/rules", tx="own", audience=EVERYONE)
async def list_rules(call: Call[NoParams]) -> list[Rule]:
    return [render_rule(rule) for rule in rules.list_all(call.site)]


@routes.get("/api/v1/instance/extended_description", tx="own", audience=EVERYONE)
async def show_extended_description(call: Call[NoParams]) -> dict[str, str]:
    now = call.services.db.clock()
    return {
        "updated_at": to_iso(now // 86_400_000 * 86_400_000),
        "content": welcome.render(call.site) or str(escape(call.site.config.community.description)),
    }


@routes.get("/api/v1/custom_emojis")
async def list_custom_emojis(call: Call[NoParams]) -> list[CustomEmoji]:
    return [render_local_emoji(call.site.links, row) for row in await emojis.list_enabled(call.tx)]


class WeeklyActivity(Struct, frozen=True):
    week: str
    statuses: str
    logins: str
    registrations: str


@routes.get("/api/v1/instance/activity")
async def list_activity(call: Call[NoParams]) -> list[WeeklyActivity]:
    return [
        WeeklyActivity(str(week.begins_at // 1000), str(week.posts), str(week.active), str(week.joined))
        for week in await instance_stats.list_weekly_activity(call.tx)
    ]


class Language(Struct, frozen=True):
    code: str
    name: str


@routes.get("/api/v1/instance/languages", tx="own", audience=EVERYONE)
async def list_languages(call: Call[NoParams]) -> list[Language]:
    return [Language(code, name) for code, name in LANGUAGES.items()]
