"""One good request for every endpoint that changes something or has an id in its path.

A `{name}` in a body stands for what the world knows by it. The object of each request is made anew, so that
requests do not disturb one another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from fedserver.domain.auth import members
from fedserver.domain.notifications import announcements
from fedserver.domain.timelines import cards
from fedserver.node import list_endpoints
from fedserver.text.previews import PagePreview
from storage.queries.posts import refreshes as refreshe_queries
from storage.rows.posts import RefreshRow
from tests.client_api.test_every_endpoint import make_picture
from tests.kit import people
from tests.kit.api import Api
from tests.kit.nodes import PASSWORD, SCOPES, TestNode
from tests.kit.push import Device

ADMIN = "/api/v1/admin"
ADMIN_SCOPES = f"{SCOPES} profile admin:read admin:write"
REDIRECT_URI = "urn:ietf:wg:oauth:2.0:oob"
FUTURE = "2030-01-01T00:00:00Z"
Parts = dict[str, str]
Row = tuple[str, dict[str, Any]]


def list_writing_endpoints() -> set[str]:
    """`METHOD /path` of every endpoint for programs that changes something."""
    return {
        f"{each.method} {each.path}"
        for each in list_endpoints()
        if each.method != "GET" and each.path.startswith(("/api/", "/oauth/"))
    }


def list_endpoints_with_ids() -> set[str]:
    """`METHOD /path` of every endpoint for programs that names an object in its path."""
    return {
        f"{each.method} {each.path}"
        for each in list_endpoints()
        if "{" in each.path and each.path.startswith(("/api/", "/oauth/"))
    }


def _make_rows(path: str, kind: str, *requests: str, **body: Any) -> dict[str, Row]:
    """Rows under one path: each request is `METHOD` or `METHOD /further`."""
    found = {}
    for request in requests:
        method, _, further = request.partition(" ")
        found[f"{method} {path}{further}"] = (kind, body)
    return found


def _account_rows() -> dict[str, Row]:
    path, verbs = "/api/v1/accounts/{id}", "unfollow remove_from_followers block unblock unmute"
    reads = "collections endorsements featured_tags followers following in_collections lists statuses"
    pins = "endorse unendorse pin unpin"
    return {
        **_make_rows(path, "account", "GET", *(f"GET /{verb}" for verb in reads.split())),
        **_make_rows(path, "account", *(f"POST /{verb}" for verb in verbs.split())),
        **_make_rows(path, "followed", *(f"POST /{verb}" for verb in pins.split())),
        **_make_rows(path, "account", "POST /follow", reblogs=True, notify=True, languages=["en"]),
        **_make_rows(path, "account", "POST /mute", notifications=True, duration=60),
        **_make_rows(path, "account", "POST /note", comment="a neighbour"),
        **_make_rows(path, "account", "POST /email_subscriptions", email="reader@mail.test"),
        **_make_rows("/api/v1/follow_requests/{id}", "follower", "POST /authorize", "POST /reject"),
        **_make_rows("/api/v1/suggestions/{id}", "account", "DELETE"),
        **_make_rows("/api/v1/accounts/alias", "", "POST", also_known_as_uris=["@bob"]),
        **_make_rows("/api/v1/accounts/delete", "", "POST", password="not the password"),
        **_make_rows("/api/v1/accounts/move", "", "POST", password="not the password", moved_to_uri="@bob"),
        **_make_rows("/api/v1/emails/confirmations", "", "POST", email="new@mail.test"),
        **_make_rows("/api/v1/domain_blocks", "", "POST", "DELETE", domain="noise.test"),
        **_make_rows(
            "/api/v1/reports",
            "",
            "POST",
            account_id="{bob}",
            status_ids=["{bobs_post}"],
            comment="hm",
            category="other",
            rule_ids=[],
            forward=False,
        ),
    }


def _profile_rows() -> dict[str, Row]:
    profile: dict[str, Any] = {
        "display_name": "Ann",
        "note": "hi",
        "avatar": None,
        "header": None,
        "avatar_description": "a face",
        "header_description": "hills",
        "locked": False,
        "bot": False,
        "discoverable": True,
        "indexable": True,
        "hide_collections": False,
        "show_featured": True,
        "show_media": True,
        "show_media_replies": True,
        "attribution_domains": ["ann.test"],
        "fields_attributes": [{"name": "Town", "value": "Ghent"}],
    }
    source = {"privacy": "public", "sensitive": False, "language": "en", "quote_policy": "public"}
    subscription, data = Device().make_subscription(), {"alerts": {"mention": True}, "policy": "all"}
    new = {"username": "zoe", "email": "zoe@mail.test", "password": PASSWORD, "agreement": True}
    return {
        **_make_rows("/api/v1/profile", "", "PUT", "PATCH", **profile),
        **_make_rows("/api/v1/profile", "", "DELETE /avatar", "DELETE /header"),
        **_make_rows("/api/v1/accounts/update_credentials", "", "PATCH", **profile, source=source),
        **_make_rows("/api/v1/accounts", "", "POST", **new, locale="en", reason="", invite_code=""),
        **_make_rows(
            "/api/v1/push/subscription", "", "POST", subscription=subscription, data=data, policy="all"
        ),
        **_make_rows("/api/v1/push/subscription", "", "PUT", data=data, policy="all"),
        **_make_rows("/api/v1/push/subscription", "", "DELETE"),
        **_make_rows("/api/v1/featured_tags", "", "POST", name="bicycles"),
        **_make_rows("/api/v1/featured_tags/{id}", "featured_tag", "DELETE"),
        **_make_rows("/api/v1/tags/{name}", "tag", "POST /follow", "POST /unfollow", "POST /feature", "GET"),
        **_make_rows("/api/v1/tags/{name}", "tag", "POST /unfeature"),
    }


def _status_rows() -> dict[str, Row]:
    path = "/api/v1/statuses/{id}"
    verbs = "favourite unfavourite unreblog bookmark unbookmark pin unpin mute unmute"
    reads = "context favourited_by history quotes reblogged_by source"
    common: dict[str, Any] = {
        "status": "hello",
        "spoiler_text": "",
        "sensitive": False,
        "language": "en",
        "media_ids": [],
        "content_type": "text/plain",
        "title": "",
        "cover_id": None,
        "poll": None,
        "quote_approval_policy": "public",
    }
    allowed = {"can_reply": {"automatic_approval": ["followers"], "manual_approval": []}}
    new = {
        "interaction_policy": allowed,
        "in_reply_to_id": "{post}",
        "visibility": "public",
        "local_only": False,
        "partners_only": False,
        "draft": False,
    }
    old = {"quoted_status_id": None, "media_attributes": []}
    return {
        **_make_rows("/api/v1/statuses", "", "POST", **common, **new, scheduled_at="", quoted_status_id=None),
        **_make_rows(path, "status", "GET", "DELETE", *(f"GET /{verb}" for verb in reads.split())),
        **_make_rows(path, "status", *(f"POST /{verb}" for verb in verbs.split())),
        **_make_rows(path, "status", "POST /reblog", visibility="public"),
        **_make_rows(path, "status", "PUT", **common, **old),
        **_make_rows(
            path,
            "status",
            "PUT /interaction_policy",
            quote_approval_policy="followers",
            interaction_policy=allowed,
        ),
        **_make_rows(path, "status", "POST /translate", lang="en"),
        **_make_rows("/api/v1/pleroma/statuses/{id}/reactions/{name}", "status_emoji", "PUT", "DELETE"),
        **_make_rows(path, "quote", "POST /quotes/{quoting_id}/revoke"),
        **_make_rows("/api/v1/scheduled_statuses/{id}", "scheduled", "GET", "DELETE"),
        **_make_rows(
            "/api/v1/scheduled_statuses/{id}", "scheduled", "PUT", scheduled_at="2031-01-01T00:00:00Z"
        ),
        **_make_rows("/api/v1/polls/{id}", "poll", "GET"),
        **_make_rows("/api/v1/polls/{id}", "poll", "POST /votes", choices=[0]),
        **_make_rows("/api/v1/media/{id}", "media", "GET", "DELETE"),
        **_make_rows("/api/v1/media/{id}", "media", "PUT", description="a", focus="0,0", thumbnail=None),
        **_make_rows("/api/v1/media", "", "POST", file=None, thumbnail=None, description="a", focus="0,0"),
        **_make_rows("/api/v2/media", "", "POST", file=None, thumbnail=None, description="a", focus="0,0"),
        **_make_rows("/api/v1/timelines/tag/{tag}", "tag", "GET"),
        **_make_rows("/api/v1_alpha/async_refreshes/{id}", "refresh", "GET"),
    }


def _private_rows() -> dict[str, Row]:
    """What members keep for themselves."""
    v2 = {"title": "Towns", "context": ["home"], "filter_action": "warn", "expires_in": 600}
    words = [{"keyword": "Ghent", "whole_word": True}]
    old = {"phrase": "tea", "context": ["home"], "irreversible": False, "whole_word": True, "expires_in": 60}
    keyword = {"keyword": "Bruges", "whole_word": True, "id": None, "_destroy": False}
    named = {"title": "Bikes", "replies_policy": "list", "exclusive": True}
    collection = {
        "name": "Bikes",
        "description": "two wheels",
        "language": "en",
        "sensitive": False,
        "discoverable": True,
        "tag_name": "bikes",
        "account_ids": ["{bob}"],
    }
    return {
        **_make_rows("/api/v1/lists", "", "POST", **named),
        **_make_rows("/api/v1/lists/{id}", "list", "GET", "DELETE", "GET /accounts"),
        **_make_rows("/api/v1/lists/{id}", "list", "PUT", **named),
        **_make_rows(
            "/api/v1/lists/{id}", "list", "POST /accounts", "DELETE /accounts", account_ids=["{bob}"]
        ),
        **_make_rows("/api/v1/timelines/list/{id}", "list", "GET"),
        **_make_rows("/api/v2/filters", "", "POST", **v2, keywords_attributes=words),
        **_make_rows("/api/v2/filters/{id}", "filter", "GET", "DELETE", "GET /keywords", "GET /statuses"),
        **_make_rows("/api/v2/filters/{id}", "filter", "PUT", **v2, keywords_attributes=words),
        **_make_rows("/api/v2/filters/{id}", "filter", "POST /keywords", **keyword),
        **_make_rows("/api/v2/filters/{id}", "filter", "POST /statuses", status_id="{post}"),
        **_make_rows("/api/v2/filters/keywords/{id}", "keyword", "GET", "DELETE"),
        **_make_rows("/api/v2/filters/keywords/{id}", "keyword", "PUT", **keyword),
        **_make_rows("/api/v2/filters/statuses/{id}", "filter_status", "GET", "DELETE"),
        **_make_rows("/api/v1/filters", "", "POST", **old),
        **_make_rows("/api/v1/filters/{id}", "keyword", "GET", "DELETE"),
        **_make_rows("/api/v1/filters/{id}", "keyword", "PUT", **old),
        **_make_rows("/api/v1/collections", "", "POST", **collection),
        **_make_rows("/api/v1/collections/{id}", "collection", "GET", "DELETE"),
        **_make_rows("/api/v1/collections/{id}", "collection", "PUT", "PATCH", **collection),
        **_make_rows("/api/v1/collections/{id}", "collection", "POST /items", account_id="{followed}"),
        **_make_rows("/api/v1/collections/{id}", "item", "DELETE /items/{item_id}"),
        **_make_rows("/api/v1/collections/{id}", "item_with_ann", "POST /items/{item_id}/revoke"),
    }


def _notification_rows() -> dict[str, Row]:
    kinds = "not_following not_followers new_accounts private_mentions"
    second = {f"for_{kind}": "accept" for kind in [*kinds.split(), "limited_accounts"]}
    first = {f"filter_{kind}": False for kind in kinds.split()}
    requests, group = "/api/v1/notifications/requests", "/api/v2/notifications/{group_key}"
    return {
        **_make_rows("/api/v1/notifications/{id}", "notification", "GET", "POST /dismiss"),
        **_make_rows("/api/v1/notifications/clear", "", "POST"),
        **_make_rows(group, "group", "GET", "GET /accounts", "POST /dismiss"),
        **_make_rows("/api/v1/notifications/policy", "", "PUT", "PATCH", **first),
        **_make_rows("/api/v2/notifications/policy", "", "PUT", "PATCH", **second),
        **_make_rows(requests, "", "POST /accept", "POST /dismiss", id=["7"]),
        **_make_rows(f"{requests}/{{id}}", "request", "GET", "POST /accept", "POST /dismiss"),
        **_make_rows("/api/v1/conversations/{id}", "conversation", "DELETE", "POST /read", "POST /unread"),
        **_make_rows(
            "/api/v1/markers", "", "POST", home={"last_read_id": "7"}, notifications={"last_read_id": "7"}
        ),
        **_make_rows("/api/v1/announcements/{id}", "announcement", "POST /dismiss"),
        **_make_rows("/api/v1/announcements/{id}/reactions/{name}", "reaction", "PUT", "DELETE"),
        **_make_rows(
            "/api/v1/annual_reports/{year}", "year", "GET", "GET /state", "POST /read", "POST /generate"
        ),
        **_make_rows("/api/v1/instance/terms_of_service/{date}", "date", "GET"),
    }


def _moderation_rows() -> dict[str, Row]:
    account, report = f"{ADMIN}/accounts/{{id}}", f"{ADMIN}/reports/{{id}}"
    action = {"type": "silence", "report_id": None, "text": "", "send_email_notification": False, "days": 3}
    action["hides_reason"] = False
    lifts = "enable unsensitive unsilence unsuspend"
    block = {
        "domain": "bad.example",
        "severity": "silence",
        "reject_media": True,
        "reject_reports": True,
        "private_comment": "a",
        "public_comment": "b",
        "obfuscate": False,
    }
    address = {"ip": "203.0.113.0/24", "severity": "no_access", "comment": "spam", "expires_in": 600}
    email = {"email": "e.v.e@mail.test", "canonical_email_hash": ""}
    hashes = f"{ADMIN}/canonical_email_blocks"
    found = {
        **_make_rows(account, "account", "GET", *(f"POST /{verb}" for verb in lifts.split())),
        **_make_rows(account, "applicant", "POST /approve", "POST /reject"),
        **_make_rows(account, "suspended", "DELETE"),
        **_make_rows(account, "account", "POST /action", **action),
        **_make_rows(report, "report", "GET", *(f"POST /{verb}" for verb in ("assign_to_self", "unassign"))),
        **_make_rows(report, "report", "POST /resolve", "POST /reopen"),
        **_make_rows(report, "report", "PUT", category="spam", rule_ids=[]),
        **_make_rows(f"{ADMIN}/domain_blocks", "", "POST", **block),
        **_make_rows(f"{ADMIN}/domain_blocks/{{id}}", "domain_block", "GET", "DELETE"),
        **_make_rows(f"{ADMIN}/domain_blocks/{{id}}", "domain_block", "PUT", **block),
        **_make_rows(f"{ADMIN}/domain_allows", "", "POST", domain="good.example"),
        **_make_rows(f"{ADMIN}/domain_allows/{{id}}", "domain_allow", "GET", "DELETE"),
        **_make_rows(f"{ADMIN}/email_domain_blocks", "", "POST", domain="bad.example"),
        **_make_rows(f"{ADMIN}/email_domain_blocks/{{id}}", "email_domain_block", "GET", "DELETE"),
        **_make_rows(hashes, "", "POST", "POST /test", **email),
        **_make_rows(f"{hashes}/{{id}}", "canonical_email_block", "GET", "DELETE"),
        **_make_rows(f"{ADMIN}/ip_blocks", "", "POST", **address),
        **_make_rows(f"{ADMIN}/ip_blocks/{{id}}", "ip_block", "GET", "DELETE"),
        **_make_rows(f"{ADMIN}/ip_blocks/{{id}}", "ip_block", "PUT", **{**address, "ip": "203.0.114.0/24"}),
    }
    return {**found, **_metrics_rows()}


def _metrics_rows() -> dict[str, Row]:
    span = {"start_at": "2026-11-17", "end_at": "2026-11-18"}
    tag, peer = {"id": "{tag}"}, {"domain": "beta.test"}
    subjects = {f"tag_{name}": tag for name in ("accounts", "uses", "servers", "languages")}
    names = "accounts media_attachments reports statuses follows followers languages"
    subjects |= {f"instance_{name}": peer for name in names.split()}
    changed = {"display_name": "GHENT", "usable": True, "trendable": True, "listable": True}
    trends = f"{ADMIN}/trends"
    return {
        **_make_rows(
            f"{ADMIN}/measures", "", "POST", keys=["new_users", "tag_uses"], limit=3, **span, **subjects
        ),
        **_make_rows(f"{ADMIN}/dimensions", "", "POST", keys=["servers"], limit=3, **span, **subjects),
        **_make_rows(f"{ADMIN}/retention", "", "POST", frequency="day", **span),
        **_make_rows(f"{ADMIN}/tags/{{id}}", "tag_row", "GET"),
        **_make_rows(f"{ADMIN}/tags/{{id}}", "tag_row", "PUT", **changed),
        **_make_rows(f"{trends}/tags/{{id}}", "tag_row", "POST /approve", "POST /reject"),
        **_make_rows(f"{trends}/statuses/{{id}}", "article", "POST /approve", "POST /reject"),
        **_make_rows(f"{trends}/links/{{id}}", "link", "POST /approve", "POST /reject"),
        **_make_rows(f"{trends}/links/publishers/{{id}}", "publisher", "POST /approve", "POST /reject"),
    }


def _oauth_rows() -> dict[str, Row]:
    app = {"client_id": "{client_id}", "client_secret": "{client_secret}"}
    asked = {
        "response_type": "code",
        "client_id": "{client_id}",
        "redirect_uri": REDIRECT_URI,
        "scope": "read",
        "state": "a",
        "code_challenge": "",
        "code_challenge_method": "",
        "force_login": False,
        "csrf": "",
        "decision": "allow",
    }
    grant = {
        "grant_type": "client_credentials",
        "code": "",
        "redirect_uri": REDIRECT_URI,
        "code_verifier": "",
    }
    new = {"client_name": "Test", "redirect_uris": [REDIRECT_URI], "scopes": "read write", "website": None}
    return {
        **_make_rows("/api/v1/apps", "", "POST", **new),
        **_make_rows("/oauth/authorize", "", "POST", **asked),
        **_make_rows("/oauth/userinfo", "", "POST"),
        **_make_rows("/oauth/token", "", "POST", **grant, **app, scope="read"),
        **_make_rows("/oauth/revoke", "", "POST", **app, token="none"),
    }


ROWS: dict[str, Row] = {
    **_account_rows(),
    **_profile_rows(),
    **_status_rows(),
    **_private_rows(),
    **_notification_rows(),
    **_moderation_rows(),
    **_oauth_rows(),
}


class RequestWorld:
    """Ann and Bob are members, Olga owns the node; `app` is a program with a token of its own."""

    def __init__(self, node: TestNode) -> None:
        self.node = node
        self.names: dict[str, str] = {}
        self.count = 0
        self.nobody = Api(node)

    async def set_up(self) -> RequestWorld:
        self.ann_row, self.ann = await self.create_person("ann")
        self.bob_row, self.bob = await self.create_person("bob")
        self.olga_row, self.olga = await self.create_person("olga", "owner")
        made = await self.nobody.post(
            "/api/v1/apps", client_name="Test", redirect_uris=REDIRECT_URI, scopes="read write follow push"
        )
        secrets = {name: made[name] for name in ("client_id", "client_secret")}
        granted = await self.nobody.post(
            "/oauth/token", grant_type="client_credentials", scope="read write follow push", **secrets
        )
        self.app = Api(self.node, granted["access_token"])
        followed, _ = await self.create_person("fay")
        post = await self.ann.post("/api/v1/statuses", status="At #Ghent")
        bobs = await self.bob.post("/api/v1/statuses", status="Nothing to see")
        for each in (self.bob_row.id, followed.id):
            await self.ann.post(f"/api/v1/accounts/{each}/follow")
        self.names = {
            "ann": str(self.ann_row.id),
            "bob": str(self.bob_row.id),
            "followed": str(followed.id),
            "post": post["id"],
            "bobs_post": bobs["id"],
            **secrets,
        }
        self.names["tag"] = (await self.olga.get(f"{ADMIN}/tags"))[0]["id"]
        return self

    async def create_person(self, name: str, role: str = "member") -> tuple[Any, Api]:
        row = await self.node.create_member(name, role)
        return row, Api(self.node, await self.node.create_token(row, ADMIN_SCOPES))

    async def create_guest(self) -> tuple[Any, Api]:
        """A member whom nobody knows yet."""
        self.count += 1
        return await self.create_person(f"guest{self.count}")

    def find_sender(self, request: str) -> Api:
        """Who may send it."""
        _, _, path = request.partition(" ")
        if path.startswith(ADMIN):
            return self.olga
        if path in ("/oauth/token", "/oauth/revoke", "/oauth/authorize", "/api/v1/apps"):
            return self.nobody
        return self.app if path == "/api/v1/accounts" else self.ann

    def fill_in(self, value: Any) -> Any:
        """`value` with the names in it replaced."""
        if isinstance(value, dict):
            return {name: self.fill_in(each) for name, each in value.items() if each is not None}
        if isinstance(value, list):
            return [self.fill_in(each) for each in value]
        if isinstance(value, str) and value.startswith("{"):
            return self.names[value[1:-1]]
        return value

    async def create(self, kind: str) -> Parts:
        """A new object of Ann's, or one that she may act upon; the parts of its path."""
        if not kind:
            return {}
        found = await MAKERS[kind](self)
        return {"id": found} if isinstance(found, str) else found


Maker = Callable[[RequestWorld], Awaitable[str | Parts]]
MAKERS: dict[str, Maker] = {}


def register_maker(make: Maker) -> Maker:
    MAKERS[make.__name__.lstrip("_")] = make
    return make


async def _create_status(api: Api, **body: Any) -> str:
    return str((await api.post("/api/v1/statuses", **{"status": "words", **body}))["id"])


@register_maker
async def _account(world: RequestWorld) -> str:
    row, _ = await world.create_guest()
    return str(row.id)


@register_maker
async def _followed(world: RequestWorld) -> str:
    await world.ann.post(f"/api/v1/accounts/{world.names['bob']}/follow")
    return world.names["bob"]


@register_maker
async def _follower(world: RequestWorld) -> str:
    await world.ann.patch("/api/v1/accounts/update_credentials", locked=True)
    row, api = await world.create_guest()
    await api.post(f"/api/v1/accounts/{world.names['ann']}/follow")
    await world.ann.patch("/api/v1/accounts/update_credentials", locked=False)
    return str(row.id)


@register_maker
async def _featured_tag(world: RequestWorld) -> str:
    for each in await world.ann.get("/api/v1/featured_tags"):
        await world.ann.delete(f"/api/v1/featured_tags/{each['id']}")
    return str((await world.ann.post("/api/v1/featured_tags", name="bikes"))["id"])


@register_maker
async def _tag(world: RequestWorld) -> Parts:
    return {"name": "ghent", "tag": "ghent"}


@register_maker
async def _status(world: RequestWorld) -> str:
    return await _create_status(world.ann)


@register_maker
async def _status_emoji(world: RequestWorld) -> Parts:
    return {"id": await _create_status(world.ann), "name": "🎉"}


@register_maker
async def _quote(world: RequestWorld) -> Parts:
    post = await _create_status(world.ann)
    return {"id": post, "quoting_id": await _create_status(world.bob, quoted_status_id=post)}


@register_maker
async def _scheduled(world: RequestWorld) -> str:
    return await _create_status(world.ann, scheduled_at=FUTURE)


@register_maker
async def _poll(world: RequestWorld) -> str:
    poll = {"options": ["Yes", "No"], "expires_in": 600}
    return str((await world.bob.post("/api/v1/statuses", status="Tea?", poll=poll))["poll"]["id"])


@register_maker
async def _media(world: RequestWorld) -> str:
    form = aiohttp.FormData()
    form.add_field("file", make_picture(), filename="a.png", content_type="image/png")
    return str((await world.ann.request("POST", "/api/v2/media", data=form)).body["id"])


@register_maker
async def _refresh(world: RequestWorld) -> str:
    async with world.node.db.write() as tx:
        row = RefreshRow(tx.new_id(), int(world.names["post"]), "running", 0, tx.now)
        await refreshe_queries.upsert_refresh(tx, row)
    return str(row.id)


@register_maker
async def _list(world: RequestWorld) -> str:
    return str((await world.ann.post("/api/v1/lists", title="Bikes"))["id"])


async def _create_filter_with_keyword(world: RequestWorld) -> dict[str, Any]:
    made: dict[str, Any] = await world.ann.post(
        "/api/v2/filters", title="T", context=["home"], keywords_attributes=[{"keyword": "Ghent"}]
    )
    return made


@register_maker
async def _filter(world: RequestWorld) -> str:
    return str((await _create_filter_with_keyword(world))["id"])


@register_maker
async def _keyword(world: RequestWorld) -> str:
    return str((await _create_filter_with_keyword(world))["keywords"][0]["id"])


@register_maker
async def _filter_status(world: RequestWorld) -> str:
    path = f"/api/v2/filters/{await _filter(world)}/statuses"
    return str((await world.ann.post(path, status_id=world.names["post"]))["id"])


async def _create_collection_with(owner: Api, owner_id: str, account_id: str) -> Parts:
    """A collection with one account; those before it make room."""
    for each in (await owner.get(f"/api/v1/accounts/{owner_id}/collections"))["collections"]:
        await owner.delete(f"/api/v1/collections/{each['id']}")
    made = (await owner.post("/api/v1/collections", name="Bikes", account_ids=[account_id]))["collection"]
    return {"id": made["id"], "item_id": made["items"][0]["id"]}


@register_maker
async def _collection(world: RequestWorld) -> Parts:
    return await _create_collection_with(world.ann, world.names["ann"], world.names["bob"])


MAKERS["item"] = _collection


@register_maker
async def _item_with_ann(world: RequestWorld) -> Parts:
    await world.bob.post(f"/api/v1/accounts/{world.names['ann']}/follow")
    return await _create_collection_with(world.bob, world.names["bob"], world.names["ann"])


@register_maker
async def _notification(world: RequestWorld) -> str:
    await world.bob.post(f"/api/v1/statuses/{await _create_status(world.ann)}/favourite")
    return str((await world.ann.get("/api/v1/notifications"))[0]["id"])


@register_maker
async def _group(world: RequestWorld) -> Parts:
    await world.bob.post(f"/api/v1/statuses/{await _create_status(world.ann)}/favourite")
    found = await world.ann.get("/api/v2/notifications")
    return {"group_key": found["notification_groups"][0]["group_key"]}


@register_maker
async def _request(world: RequestWorld) -> str:
    policy = "/api/v2/notifications/policy"
    await world.ann.put(policy, for_not_following="filter")
    _, stranger = await world.create_guest()
    await _create_status(stranger, status="Anybody there, @ann?")
    await world.ann.put(policy, for_not_following="accept")
    return str((await world.ann.get("/api/v1/notifications/requests"))[0]["id"])


@register_maker
async def _conversation(world: RequestWorld) -> str:
    await _create_status(world.bob, status="Between us, @ann", visibility="direct")
    return str((await world.ann.get("/api/v1/conversations"))[0]["id"])


@register_maker
async def _announcement(world: RequestWorld) -> str:
    async with world.node.db.write() as tx:
        await announcements.create(tx, world.node.site, None, "We move on Friday")
    return str((await world.ann.get("/api/v1/announcements"))[0]["id"])


@register_maker
async def _reaction(world: RequestWorld) -> Parts:
    return {"id": await _announcement(world), "name": "🎉"}


@register_maker
async def _year(world: RequestWorld) -> Parts:
    return {"year": "2026"}


@register_maker
async def _date(world: RequestWorld) -> Parts:
    return {"date": "2026-01-01"}


@register_maker
async def _suspended(world: RequestWorld) -> str:
    found = await _account(world)
    await world.olga.post(f"{ADMIN}/accounts/{found}/action", type="suspend")
    return found


@register_maker
async def _applicant(world: RequestWorld) -> str:
    world.count += 1
    wanted = members.NewMember(f"gus{world.count}", f"gus{world.count}@mail.test", "hash", "please")
    async with world.node.db.write() as tx:
        _, account = await members.create(tx, world.node.site, wanted, people.new_keys(), by_operator=False)
    return str(account.id)


@register_maker
async def _report(world: RequestWorld) -> str:
    return str((await world.bob.post("/api/v1/reports", account_id=world.names["ann"]))["id"])


def _register_block_maker(name: str, values: Callable[[int], dict[str, Any]]) -> None:
    async def make(world: RequestWorld) -> str:
        world.count += 1
        return str((await world.olga.post(f"{ADMIN}/{name}s", **values(world.count)))["id"])

    MAKERS[name] = make


_register_block_maker("domain_block", lambda count: {"domain": f"bad{count}.example", "severity": "silence"})
_register_block_maker("domain_allow", lambda count: {"domain": f"good{count}.example"})
_register_block_maker("email_domain_block", lambda count: {"domain": f"bad{count}.example"})
_register_block_maker("canonical_email_block", lambda count: {"email": f"eve{count}@mail.test"})
_register_block_maker("ip_block", lambda count: {"ip": f"198.51.100.{count % 250}", "severity": "no_access"})


@register_maker
async def _tag_row(world: RequestWorld) -> str:
    return world.names["tag"]


@register_maker
async def _article(world: RequestWorld) -> str:
    return await _create_status(world.ann, title="A lamp", content_type="text/markdown")


@register_maker
async def _link(world: RequestWorld) -> str:
    post = await _create_status(world.ann)
    async with world.node.db.write() as tx:
        await cards.save(tx, "https://news.test/", PagePreview(kind="link", title="News"), None)
        await cards.set_for_post(tx, int(post), "https://news.test/")
    return str((await world.olga.get(f"{ADMIN}/trends/links"))[0]["id"])


@register_maker
async def _publisher(world: RequestWorld) -> str:
    await _link(world)
    return str((await world.olga.get(f"{ADMIN}/trends/links/publishers"))[0]["id"])
