"""Every act of an account that the viewer hides, or that blocks them, at every place where it could show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fedserver.domain.posts import boosts, likes, polls, posts, quote_requests, reactions, remote_posts, votes
from fedserver.domain.posts.quote_requests import RemoteQuote
from fedserver.domain.posts.reactions import Emoji
from fedserver.domain.relationships import blocks, domain_mutes, follows, lists, mutes
from fedserver.domain.timelines import trends
from storage.engine import Tx
from storage.queries.posts import posts as post_queries
from storage.queries.timelines import cards as card_queries
from storage.queries.timelines import trends as trend_queries
from storage.rows.accounts import AccountRow
from storage.rows.timelines import CardRow, TrendRow
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.people import create_remote_account
from tests.kit.remote_posts import build_remote_post
from tests.kit.streams import open_stream, wait_until_settled

DOMAIN = "sub.peer.test"
Relate = Callable[[Tx, TestNode, AccountRow, AccountRow], Awaitable[object]]

RELATIONS: dict[str, Relate | None] = {
    "none": None,
    "block": lambda tx, node, ann, sam: blocks.block(tx, node.site, ann, sam),
    "mute": lambda tx, node, ann, sam: mutes.mute(tx, ann, sam),
    "mute but notify": lambda tx, node, ann, sam: mutes.mute(tx, ann, sam, hides_notifications=False),
    "domain": lambda tx, node, ann, sam: domain_mutes.add(tx, node.site, ann, "peer.test"),
    "domain of its handle": lambda tx, node, ann, sam: domain_mutes.add(tx, node.site, ann, "peer.test"),
    "domain of its actor": lambda tx, node, ann, sam: domain_mutes.add(tx, node.site, ann, "actors.test"),
    "blocked by": lambda tx, node, ann, sam: blocks.receive(tx, sam, ann, f"{sam.uri}#block"),
}
# Places at which it does not matter whether the viewer hides the account: they asked for it by name.
BY_NAME = {"the account", "posts of the account", "the post", "search by address"}
# What shows an account of each relation, as with Mastodon; `none` shows that each place could.
SHOWN = {
    "block": BY_NAME,
    "mute": BY_NAME,
    "mute but notify": BY_NAME
    | {"notifications", "grouped notifications", "senders of a group", "conversations"},
    "domain": BY_NAME,
    "domain of its handle": BY_NAME,
    "domain of its actor": BY_NAME,
    "blocked by": {"the account"},
}


class World:
    """Ann, the viewer; Tom, whom she follows; and Sam of a peer, who does everything to both."""

    def __init__(self, node: TestNode, ann: AccountRow, tom: AccountRow, api: Api) -> None:
        self.node, self.ann, self.tom, self.api = node, ann, tom, api
        self.number = 0
        self.changes: dict[str, Any] = {}  # of Sam's account

    async def write(self, tx: Tx, author: AccountRow, text: str, **draft: Any) -> int:
        return await posts.publish(tx, self.node.site, author, posts.Draft(text=text, **draft))

    async def begin(self, tx: Tx) -> None:
        """Write what Sam will react to."""
        site = self.node.site
        self.sam = await create_remote_account(
            tx, "sam", DOMAIN, attribution_domains=("news.test",), **self.changes
        )
        self.list_id = (await lists.create(tx, self.ann, "friends")).id
        for account in (self.tom, self.sam):
            await follows.follow(tx, site, self.ann, account)
        await follows.receive_answer(tx, self.sam, self.ann.id, None, accepted=True)
        await lists.add_accounts(tx, self.ann, self.list_id, [self.tom.id, self.sam.id])
        self.anns = await self.write(tx, self.ann, "Mine")
        self.toms = await self.write(tx, self.tom, "His")
        poll = polls.NewPoll(("yes", "no"), expires_in=3_600)
        self.poll = await self.write(tx, self.ann, "Well?", poll=poll)

    async def receive(self, tx: Tx, html: str, answered: int | None = None, **changes: Any) -> int:
        """Receive a post of Sam; its id, 0 if it is not stored."""
        self.number += 1
        uri = f"{self.sam.uri}/posts/{self.number}"
        if answered is not None:
            row = await post_queries.find(tx, answered)
            assert row is not None
            changes["in_reply_to"] = row.uri
        mentioned = changes.get("mentioned_uris", ())
        remote = build_remote_post(uri, self.sam.uri, html=html, addressed_uris=mentioned, **changes)
        await remote_posts.receive(tx, self.sam, remote)
        row = await post_queries.find_by_uri(tx, uri)
        return row.id if row is not None else 0

    async def act(self, tx: Tx) -> None:
        """Do all that Sam can do, and what others can do to Sam."""
        sam, site = self.sam, self.node.site
        self.post = await self.receive(tx, "<p>Look, cats #cats</p>", tags=("cats",), url=f"{sam.uri}/cats")
        for answered in (self.anns, self.toms):
            await self.receive(tx, "<p>I answer</p>", answered)
            row = await post_queries.find(tx, answered)
            assert row is not None
            await boosts.receive(tx, sam, f"{sam.uri}#boost-{answered}", row, "public", tx.now)
            await likes.receive(tx, sam, f"{sam.uri}#like-{answered}", row)
            await reactions.receive(tx, sam, f"{sam.uri}#react-{answered}", row, Emoji("🐈"))
        await self.receive(tx, "<p>@ann hello</p>", mentioned_uris=(self.ann.uri,))
        await self.receive(tx, "<p>@ann psst</p>", visibility="direct", mentioned_uris=(self.ann.uri,))
        poll = await post_queries.find(tx, self.poll)
        assert poll is not None
        await votes.receive(tx, sam, votes.RemoteVote(f"{sam.uri}#vote", poll.uri, "yes"))
        await follows.receive(tx, sam, self.ann, f"{sam.uri}#follow-ann")
        await follows.receive(tx, sam, self.tom, f"{sam.uri}#follow-tom")
        await follows.follow(tx, site, self.tom, sam)
        await follows.receive_answer(tx, sam, self.tom.id, None, accepted=True)
        await boosts.boost(tx, site, self.tom, self.post)
        quoted = await post_queries.find(tx, self.toms)
        assert quoted is not None
        quoting_id = await self.receive(tx, "<p>I quote</p>", quote=RemoteQuote(quoted.uri))
        quoting = await post_queries.find(tx, quoting_id)
        assert quoting is not None
        assert await quote_requests.grant(tx, quoting, quoted, f"{quoted.uri}/authorization")
        self.naming = await self.write(tx, self.tom, f"hey @sam@{DOMAIN} and @ann")
        await trends.set_policy(tx, None, trends.TrendPolicy(min_accounts=1))
        await trend_queries.replace(tx, "post", [TrendRow("post", self.post, 1.0, 3, tx.now)])
        self.hour = tx.now // 3_600_000
        await self.link(tx)

    def list_places(self) -> dict[str, str]:
        return {
            "home": "/api/v1/timelines/home?limit=40",
            "public": "/api/v1/timelines/public",
            "remote": "/api/v1/timelines/public?remote=true",
            "tag": "/api/v1/timelines/tag/cats",
            "list": f"/api/v1/timelines/list/{self.list_id}",
            "thread of an own post": f"/api/v1/statuses/{self.anns}/context",
            "thread of another's post": f"/api/v1/statuses/{self.toms}/context",
            "boosts of another": f"/api/v1/accounts/{self.tom.id}/statuses?exclude_replies=true",
            "notifications": "/api/v1/notifications",
            "grouped notifications": "/api/v2/notifications",
            "conversations": "/api/v1/conversations",
            "search": "/api/v2/search?q=cats&type=statuses",
            "boosters of an own post": f"/api/v1/statuses/{self.anns}/reblogged_by",
            "boosters of another's post": f"/api/v1/statuses/{self.toms}/reblogged_by",
            "likers of an own post": f"/api/v1/statuses/{self.anns}/favourited_by",
            "likers of another's post": f"/api/v1/statuses/{self.toms}/favourited_by",
            "quotes of another's post": f"/api/v1/statuses/{self.toms}/quotes",
            "followers of another": f"/api/v1/accounts/{self.tom.id}/followers",
            "followed by another": f"/api/v1/accounts/{self.tom.id}/following",
            "directory": "/api/v1/directory",
            "trends": "/api/v1/trends/statuses",
            "familiar followers": f"/api/v1/accounts/familiar_followers?id[]={self.tom.id}",
            "author of a linked page": f"/api/v1/statuses/{self.linking}",
            "trending links": "/api/v1/trends/links",
            "senders of a group": f"/api/v2/notifications/favourite-{self.anns}-{self.hour}/accounts",
            "search by address": f"/api/v2/search?type=statuses&resolve=true&q={self.sam.uri}/cats",
            "the account": f"/api/v1/accounts/{self.sam.id}",
            "posts of the account": f"/api/v1/accounts/{self.sam.id}/statuses",
            "the post": f"/api/v1/statuses/{self.post}",
        }

    async def link(self, tx: Tx) -> None:
        """Let Tom link a page that Sam wrote, and name Sam in a private post to Ann."""
        address = "https://news.test/story"
        texts = dict.fromkeys(
            ("description", "author_name", "author_url", "provider_name", "provider_url", "html", "embed_url",
             "image_url", "image_alt"), ""
        )  # fmt: skip
        card = await card_queries.upsert_card(
            tx,
            CardRow(
                id=tx.new_id(), url=address, kind="link", title="Story", width=0, height=0, language=None,
                published_at=None, creator_id=self.sam.id, fetched_at=tx.now, **texts,
            ),
        )  # fmt: skip
        self.linking = await self.write(tx, self.tom, f"Read {address}")
        await card_queries.attach(tx, self.linking, card.id)
        await trend_queries.replace(tx, "link", [TrendRow("link", card.id, 1.0, 3, tx.now)])
        await self.write(tx, self.tom, f"@ann @sam@{DOMAIN} psst", visibility="direct")
        await likes.like(tx, self.node.site, self.tom, self.anns)

    async def shows_sam(self, path: str) -> bool:
        """Return True if an answer has an entity of Sam; mentions of others and quotes are no such thing."""
        answer = await self.api.request("GET", path)
        return answer.status == 200 and _names(answer.body, str(self.sam.id))


def _names(body: Any, account_id: str) -> bool:
    if isinstance(body, dict):
        inner = {key: value for key, value in body.items() if key not in ("mentions", "quote")}
        if body.get("id") == account_id and "acct" in body:
            return True
        return any(_names(value, account_id) for value in inner.values())
    return isinstance(body, list) and any(_names(item, account_id) for item in body)


async def start_world(start: Start, *, is_split: bool = False) -> World:
    node = await start("alpha.test")
    ann, tom = await node.create_member("ann"), await node.create_member("tom")
    world = World(node, ann, tom, Api(node, await node.create_token(ann)))
    if is_split:
        # The actor is on another host than its handle, and that has a port.
        base = "https://a.actors.test:8443/users/sam"
        world.changes = {"uri": base, "inbox_uri": f"{base}/inbox", "other_hosts": ("a.actors.test:8443",)}
    async with node.db.write() as tx:
        await world.begin(tx)
    return world


@pytest.mark.surface
@pytest.mark.parametrize("name", RELATIONS)
async def test_hidden_account_shows_only_where_it_is_asked_for(start: Start, name: str) -> None:
    world = await start_world(start, is_split=name.startswith("domain of"))
    node = world.node
    async with node.db.write() as tx:
        if (relate := RELATIONS[name]) is not None:
            await relate(tx, node, world.ann, world.sam)
    async with node.db.write() as tx:
        await world.act(tx)
    await node.settle()
    shown = {place for place, path in world.list_places().items() if await world.shows_sam(path)}
    assert shown == SHOWN.get(name, set(world.list_places())), name

    [own] = await world.api.get(f"/api/v1/statuses?id[]={world.anns}")
    is_refused = name == "block"
    assert own["reblogs_count"] == (0 if is_refused else 1), (
        "no act of an account counts that its author blocks"
    )
    assert own["favourites_count"] == (1 if is_refused else 2), "Tom likes it as well"
    home = {post["id"] for post in await world.api.get("/api/v1/timelines/home?limit=40")}
    hides_mentions = name in ("block", "mute", "mute but notify")
    assert (str(world.naming) in home) != hides_mentions, (
        "a post that names somebody hidden stays away from home"
    )
    notified = {item["type"] for item in await world.api.get("/api/v1/notifications") if item.get("status")}
    assert ("mention" in notified) == (not hides_mentions or name == "mute but notify")


@pytest.mark.surface
@pytest.mark.parametrize("name", [name for name in RELATIONS if name != "none"])
async def test_account_that_is_hidden_later_shows_only_where_it_is_asked_for(start: Start, name: str) -> None:
    world = await start_world(start, is_split=name.startswith("domain of"))
    async with world.node.db.write() as tx:
        await world.act(tx)
    await world.node.settle()
    places = world.list_places()
    assert {place for place, path in places.items() if await world.shows_sam(path)} == set(places)
    relate = RELATIONS[name]
    assert relate is not None
    async with world.node.db.write() as tx:
        await relate(tx, world.node, world.ann, world.sam)
    await world.node.settle()
    shown = {place for place, path in places.items() if await world.shows_sam(path)}
    assert shown == SHOWN[name], name


@pytest.mark.surface
@pytest.mark.parametrize("name", RELATIONS)
async def test_suggestions_leave_out_hidden_accounts(start: Start, name: str) -> None:
    node = await start("alpha.test")
    ann, tom = await node.create_member("ann"), await node.create_member("tom")
    world = World(node, ann, tom, Api(node, await node.create_token(ann)))
    async with node.db.write() as tx:
        changes = {"other_hosts": ("actors.test",)} if name.startswith("domain of") else {}
        world.sam = await create_remote_account(tx, "sam", DOMAIN, **changes)
        await follows.follow(tx, node.site, ann, tom)
        await follows.follow(tx, node.site, tom, world.sam)
        await follows.receive_answer(tx, world.sam, tom.id, None, accepted=True)
        if (relate := RELATIONS[name]) is not None:
            await relate(tx, node, ann, world.sam)
    shown = {path for path in ("/api/v1/suggestions", "/api/v2/suggestions") if await world.shows_sam(path)}
    assert len(shown) == (2 if name == "none" else 0), name


@pytest.mark.surface
@pytest.mark.parametrize("name", ["block", "mute", "domain", "domain of its actor", "blocked by"])
async def test_streams_leave_out_hidden_accounts(start: Start, name: str) -> None:
    world = await start_world(start, is_split=name.startswith("domain of"))
    node, relate = world.node, RELATIONS[name]
    assert relate is not None
    async with node.db.write() as tx:
        await relate(tx, node, world.ann, world.sam)
    token = await node.create_token(world.ann)
    names = ("user", "user:notification", "public", "public:remote", "direct")
    async with open_stream(node, token, *names) as stream:
        await stream.send_request("subscribe", "list", list=str(world.list_id))
        await stream.send_request("subscribe", "hashtag", tag="cats")
        await wait_until_settled(stream)
        async with node.db.write() as tx:
            await world.act(tx)
        await node.settle()
        last = str(await node.publish(world.tom, "The end"))
        seen: list[Any] = []
        while True:
            stream_name, event, payload = await stream.receive()
            seen.append((event, payload))
            if isinstance(payload, dict) and payload.get("id") == last and stream_name == ["user"]:
                break
    for event, payload in seen:
        assert not _names(payload, str(world.sam.id)), (event, payload)
