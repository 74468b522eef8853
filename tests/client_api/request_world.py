"""The members and objects that the valid requests need.

Each object is created for its request, so that requests do not disturb one another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from fedserver.domain.auth import members
from fedserver.domain.content import emojis
from fedserver.domain.content.media import NewFile
from fedserver.domain.notifications import announcements
from fedserver.domain.timelines import cards
from fedserver.text.previews import PagePreview
from storage.queries.posts import refreshes as refresh_queries
from storage.rows.posts import RefreshRow
from tests.client_api.request_rows import ADMIN, REDIRECT_URI
from tests.kit import people
from tests.kit.api import Api
from tests.kit.nodes import SCOPES, TestNode
from tests.kit.pictures import make_picture

ADMIN_SCOPES = f"{SCOPES} profile admin:read admin:write"
FUTURE = "2030-01-01T00:00:00Z"
Parts = dict[str, str]


class RequestWorld:
    """Ann and Bob are members, Olga owns the node; `app` is a program with a token of its own."""

    def __init__(self, node: TestNode) -> None:
        self.node = node
        self.names: dict[str, str] = {}
        self.count = 0
        self.nobody = Api(node)

    async def set_up(self) -> RequestWorld:
        """Create the members and posts that the requests need."""
        self.ann_row, self.ann = await self.create_person("ann")
        self.bob_row, self.bob = await self.create_person("bob")
        self.olga_row, self.olga = await self.create_person("olga", "owner")
        app = await self.nobody.post(
            "/api/v1/apps", client_name="Test", redirect_uris=REDIRECT_URI, scopes="read write follow push"
        )
        secrets = {name: app[name] for name in ("client_id", "client_secret")}
        token = await self.nobody.post(
            "/oauth/token", grant_type="client_credentials", scope="read write follow push", **secrets
        )
        self.app = Api(self.node, token["access_token"])
        followed, _ = await self.create_person("fay")
        post = await self.ann.post("/api/v1/statuses", status="At #Ghent")
        bobs = await self.bob.post("/api/v1/statuses", status="Nothing to see")
        for account_id in (self.bob_row.id, followed.id):
            await self.ann.post(f"/api/v1/accounts/{account_id}/follow")
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
        """Create a member whom nobody knows yet."""
        self.count += 1
        return await self.create_person(f"guest{self.count}")

    def find_sender(self, request: str) -> Api:
        """Return the API of the member or app that may send a request."""
        _, _, path = request.partition(" ")
        if path.startswith(ADMIN):
            return self.olga
        if path in ("/oauth/token", "/oauth/revoke", "/oauth/authorize", "/api/v1/apps"):
            return self.nobody
        return self.app if path == "/api/v1/accounts" else self.ann

    def fill_in(self, value: Any) -> Any:
        """Return `value` with the names in it replaced by ids."""
        if isinstance(value, dict):
            return {name: self.fill_in(item) for name, item in value.items() if item is not None}
        if isinstance(value, list):
            return [self.fill_in(item) for item in value]
        if isinstance(value, str) and value.startswith("{"):
            return self.names[value[1:-1]]
        return value

    async def create(self, kind: str) -> Parts:
        """Create an object of Ann's, or one that she may act upon; return the parts of its path."""
        if not kind:
            return {}
        parts = await MAKERS[kind](self)
        return {"id": parts} if isinstance(parts, str) else parts


Maker = Callable[[RequestWorld], Awaitable[str | Parts]]


MAKERS: dict[str, Maker] = {}


def register_maker(make: Maker) -> Maker:
    """Register a function that creates an object, under its name."""
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
    for tag in await world.ann.get("/api/v1/featured_tags"):
        await world.ann.delete(f"/api/v1/featured_tags/{tag['id']}")
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
        await refresh_queries.upsert_refresh(tx, row)
    return str(row.id)


@register_maker
async def _list(world: RequestWorld) -> str:
    return str((await world.ann.post("/api/v1/lists", title="Bikes"))["id"])


async def _create_filter_with_keyword(world: RequestWorld) -> dict[str, Any]:
    filter_: dict[str, Any] = await world.ann.post(
        "/api/v2/filters", title="T", context=["home"], keywords_attributes=[{"keyword": "Ghent"}]
    )
    return filter_


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
    """Create a collection with one account; earlier ones make room."""
    for old in (await owner.get(f"/api/v1/accounts/{owner_id}/collections"))["collections"]:
        await owner.delete(f"/api/v1/collections/{old['id']}")
    new = (await owner.post("/api/v1/collections", name="Bikes", account_ids=[account_id]))["collection"]
    return {"id": new["id"], "item_id": new["items"][0]["id"]}


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
    page = await world.ann.get("/api/v2/notifications")
    return {"group_key": page["notification_groups"][0]["group_key"]}


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
async def _emoji(world: RequestWorld) -> str:
    file = NewFile("image", "image/png", file_key="a.png", preview_key="b.png", bytes=1)
    async with world.node.db.write() as tx:
        row = await emojis.create(tx, None, f"fox{tx.new_id()}", file)
    return str(row.id)


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
    account_id = await _account(world)
    await world.olga.post(f"{ADMIN}/accounts/{account_id}/action", type="suspend")
    return account_id


@register_maker
async def _applicant(world: RequestWorld) -> str:
    world.count += 1
    member = members.NewMember(f"gus{world.count}", f"gus{world.count}@mail.test", "hash", "please")
    async with world.node.db.write() as tx:
        _, account = await members.create(tx, world.node.site, member, people.new_keys(), by_operator=False)
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
