"""Every list takes as many statements for a long page as for a short one, and hot reads take few.

The declarations say which endpoints return pages, so one without rows here fails.
"""

from __future__ import annotations

from typing import Any

import pytest

from activitypub.terms import ACTIVITY_JSON
from fedserver.domain.accounts import collections, endorsements
from fedserver.domain.auth import ip_blocks, members
from fedserver.domain.content import tags
from fedserver.domain.moderation import report_filing
from fedserver.domain.notifications import notification_policies
from fedserver.domain.peers import peers
from fedserver.domain.posts import boosts, likes, posts, remote_posts, scheduled_posts
from fedserver.domain.registration import email_blocks
from fedserver.domain.relationships import blocks, domain_mutes, follows, lists, mutes
from fedserver.domain.timelines import bookmarks, trends
from fedserver.node import list_endpoints
from fedserver.web.endpoint import EntityPage
from storage.engine import Tx
from storage.queries.peers import partners as partner_queries
from storage.queries.relationships import follows as follow_queries
from storage.queries.timelines import cards as card_queries
from storage.queries.timelines import trends as trend_queries
from storage.rows.accounts import AccountRow
from storage.rows.peers import PartnerRow
from storage.rows.relationships import FollowRow
from storage.rows.timelines import CardRow, TrendRow
from tests.domain.posts.test_remote_posts import remote
from tests.kit import people
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

pytestmark = pytest.mark.parametrize("start", ["sqlite"], indirect=True)
ACCEPT = {"Accept": ACTIVITY_JSON}
SHORT, LONG = 2, 20
LINK = "https://page.test/story"
SCOPES = "read write follow push admin:read admin:write"
# Where fewer than LONG may exist: the collections of one member.
SHORTER_PAGES = {"/api/v1/accounts/{id}/collections": 10}
# Pages that are not declared as such, as they have no cursors.
EXTRA_PATHS = ("/api/v1/directory", "/api/v1/accounts/search")
WARM_BUDGETS = {
    "/api/v1/timelines/home": 4,
    "/api/v1/statuses/{id}": 3,
    "/api/v1/statuses/{id}/context": 8,
    "/api/v1/notifications": 6,
    "/api/v1/accounts/{id}": 3,
    "/api/v1/accounts/lookup": 3,
    "/api/v1/accounts/{id}/statuses": 5,
    "/users/{name}": 1,
    "/.well-known/webfinger": 1,
    "/api/v2/instance": 0,
}

# What one does to a post of another member, of which this process knows the view, with the answer: all
# statements, that of the token and those of the notification too.
WRITE_BUDGETS = {
    "/api/v1/statuses/{id}/favourite": 8,
    "/api/v1/statuses/{id}/bookmark": 5,
    "/api/v1/statuses/{id}/reblog": 19,
    "/api/v1/statuses/{id}/unreblog": 15,
    "/api/v1/statuses/{id}/unfavourite": 14,
    "/api/v1/statuses": 17,
}


def list_paths() -> set[str]:
    """Return the declared paths that return pages."""
    paths = {
        endpoint.path
        for endpoint in list_endpoints()
        if endpoint.method == "GET" and endpoint.response_type is EntityPage
    }
    return paths | set(EXTRA_PATHS)


class CountedWorld:
    """Ann, an owner, with a page of everything; she follows `friends`, but not `others`."""

    def __init__(self, node: TestNode, ann: AccountRow) -> None:
        self.node, self.site, self.ann = node, node.site, ann
        self.friends: list[AccountRow] = []
        self.others: list[AccountRow] = []
        self.post_id = self.list_id = 0

    async def add_rows(self) -> None:
        async with self.node.db.write() as tx:
            self.friends, self.others = await self._add_members(tx, "f"), await self._add_members(tx, "o")
            parts = (
                self._add_accounts,
                self._add_posts,
                self._add_notifications,
                self._add_decisions,
                self._add_partners,
            )
            for part in parts:
                await part(tx)

    async def _add_members(self, tx: Tx, letter: str) -> list[AccountRow]:
        keys = people.new_keys()
        added = [
            await members.create_approved(
                tx, self.site, f"{letter}{number}", f"{letter}{number}@m.test", "x", keys
            )
            for number in range(LONG)
        ]
        return [account for _, account in added]

    async def _add_accounts(self, tx: Tx) -> None:
        site, ann = self.site, self.ann
        self.list_id = (await lists.create(tx, ann, "Friends")).id
        for number, (friend, other) in enumerate(zip(self.friends, self.others, strict=True)):
            await follows.follow(tx, site, ann, friend)
            await follows.follow(tx, site, friend, ann)
            await endorsements.add(tx, ann, friend)
            await lists.add_accounts(tx, ann, self.list_id, [friend.id])
            await blocks.block(tx, site, ann, await people.create_remote_account(tx, f"bad{number}"))
            await mutes.mute(tx, ann, await people.create_remote_account(tx, f"loud{number}"))
            await domain_mutes.add(tx, site, ann, f"m{number}.test")
            await tags.follow(tx, ann, f"followed{number}")
            request = FollowRow(tx.new_id(), other.id, ann.id, f"{other.uri}#f", True, False, "[]", tx.now)
            await follow_queries.insert_request(tx, request)
            report = report_filing.NewReport(target_id=ann.id, comment="hm")
            await report_filing.file(tx, site, other, report)
            await collections.create(tx, site, friend, collections.CollectionChange(name="Some"), [ann.id])
        for _ in range(SHORTER_PAGES["/api/v1/accounts/{id}/collections"]):
            await collections.create(tx, site, ann, collections.CollectionChange(name="Mine"))

    async def _add_posts(self, tx: Tx) -> None:
        site, ann, write = self.site, self.ann, posts.publish
        draft = posts.Draft
        self.post_id = await write(tx, site, ann, draft(text="The one"))
        card = await card_queries.upsert_card(tx, create_card(tx))
        own_ids: list[int] = []
        later = tx.now + 86_400_000
        for number, friend in enumerate(self.friends):
            text = f"Words {LINK} #bench #tag{number}"
            post_id = await write(tx, site, friend, draft(text=text, in_reply_to_id=self.post_id))
            await card_queries.attach(tx, post_id, card.id)
            await write(tx, site, friend, draft(text="Psst, @ann", visibility="direct"))
            await likes.like(tx, site, friend, self.post_id)
            await boosts.boost(tx, site, friend, self.post_id)
            await likes.like(tx, site, ann, post_id)
            await bookmarks.add(tx, ann, post_id)
            own_ids.append(await write(tx, site, ann, draft(text=f"Mine {number}")))
            await write(tx, site, friend, draft(text="I quote", quoted_id=self.post_id))
            await write(tx, site, ann, draft(text=f"Draft {number}", state="draft"))
            await scheduled_posts.schedule(tx, site, ann, draft(text=f"Later {number}"), later)
        await trends.set_policy(tx, None, trends.TrendPolicy(min_accounts=1))
        await trends.save(tx, await trends.compute(tx))
        cards = [
            await card_queries.upsert_card(tx, create_card(tx, f"{LINK}/{number}")) for number in range(LONG)
        ]
        await trend_queries.replace(tx, "link", [TrendRow("link", card.id, 1.0, 3, tx.now) for card in cards])
        await trend_queries.replace(tx, "post", [TrendRow("post", item, 1.0, 3, tx.now) for item in own_ids])

    async def _add_notifications(self, tx: Tx) -> None:
        await notification_policies.update(tx, self.ann, {"for_not_following": "filter"})
        for other in self.others:
            await posts.publish(tx, self.site, other, posts.Draft(text="Hear me, @ann"))

    async def _add_decisions(self, tx: Tx) -> None:
        member = await members.get_by_username(tx, "ann")
        for number in range(LONG):
            for policy in ("block", "allow"):
                decision = peers.PeerDecision(policy)
                await peers.decide(tx, member, f"{policy}{number}.test", decision)
            await email_blocks.block_domain(tx, member, f"mail{number}.test")
            await email_blocks.block_address(tx, member, f"eve{number}@mail.test", "")
            block = ip_blocks.IpBlockChange(ip=f"203.0.113.{number}", severity="sign_up_block")
            await ip_blocks.create(tx, member, block, "127.0.0.1")

    async def _add_partners(self, tx: Tx) -> None:
        pat = await people.create_remote_account(tx, "pat", "partner.test")
        row = PartnerRow(
            tx.new_id(), "partner.test", pat.id, "agreed", True, "uri", '["posts"]', "", 1, 1, None, "", None
        )
        await partner_queries.upsert_partner(tx, row)
        for number in range(LONG):
            await remote_posts.receive(tx, pat, remote(f"{pat.uri}/{number}", pat.uri))


def create_card(tx: Tx, url: str = LINK) -> CardRow:
    return CardRow(
        tx.new_id(),
        url,
        "link",
        "A story",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        0,
        0,
        "",
        "",
        None,
        None,
        None,
        tx.now,
    )


async def start_world(start: Start) -> tuple[CountedWorld, Api]:
    node = await start("alpha.test", metrics="127.0.0.1:0")
    world = CountedWorld(node, await node.create_member("ann", role="owner"))
    await world.add_rows()
    return world, Api(node, await node.create_token(world.ann, SCOPES))


def count_statements(world: CountedWorld, path: str) -> float:
    """Return how many statements all requests for a declared path have taken."""
    (family,) = world.node.node.services.metrics.request_statements.collect()
    return sum(
        sample.value
        for sample in family.samples
        if sample.name.endswith("_sum") and sample.labels["route"] == path
    )


def find_rows(body: Any) -> int:
    """Return how many rows a page has; they may be inside an object."""
    rows = body if isinstance(body, list) else body.get("notification_groups") or body.get("collections")
    return len(rows or ())


async def test_pages_take_few_statements_whatever_their_length(start: Start) -> None:
    world, api = await start_world(start)
    await check_page_lengths(world, api)
    await check_hot_reads(world, api)
    await check_hot_writes(world, api)


async def check_page_lengths(world: CountedWorld, api: Api) -> None:
    groups = await api.get("/api/v2/notifications", **{"types[]": "favourite"})
    names = {
        "/api/v1/statuses": world.post_id,
        "/api/v1/lists": world.list_id,
        "/api/v1/timelines/list": world.list_id,
        "/api/v1/accounts": world.ann.id,
    }
    queries = {
        "/api/v1/accounts/{id}/in_collections": {},
        "/api/v1/timelines/link": {"url": LINK},
        "/api/v1/accounts/search": {"q": "o"},
    }
    counts: dict[str, tuple[float, float, int]] = {}
    for path in sorted(list_paths()):
        before = path.partition("/{")[0]
        address = path.replace("{id}", str(names.get(before, ""))).replace("{tag}", "bench")
        address = address.replace("{group_key}", groups["notification_groups"][0]["group_key"])
        taken = []
        for limit in (SHORT, LONG):
            world.node.db.caches.caches.clear()
            already = count_statements(world, path)
            body = await api.get(address, limit=limit, **queries.get(path, {}))
            taken.append(count_statements(world, path) - already)
        counts[path] = (taken[0], taken[1], find_rows(body))
    unequal = {path: value for path, value in counts.items() if value[0] != value[1]}
    short = {path: value for path, value in counts.items() if value[2] < SHORTER_PAGES.get(path, LONG)}
    assert (unequal, short) == ({}, {}), counts


async def check_hot_reads(world: CountedWorld, api: Api) -> None:
    """Check the budgets of docs/performance.md when everything is cached."""
    anonymous = Api(world.node)
    finger = {"resource": f"acct:ann@{world.node.domain}"}
    taken = {}
    for path in WARM_BUDGETS:
        name = world.post_id if "statuses/{id}" in path else world.ann.id
        address = path.replace("{id}", str(name)).replace("{name}", "ann")
        params = {"acct": "ann"} if "lookup" in path else finger if "webfinger" in path else {}
        who = api if path.startswith("/api/v1") else anonymous
        for _ in range(2):
            already = count_statements(world, path)
            answer = await who.request(
                "GET", address, params=params, headers=ACCEPT if "users" in path else {}
            )
            assert answer.status == 200, (path, answer.body)
        taken[path] = count_statements(world, path) - already
    assert {path: count for path, count in taken.items() if count > WARM_BUDGETS[path]} == {}
    await api.patch("/api/v1/accounts/update_credentials", display_name="Ann B")
    for path in ("lookup?acct=ann", str(world.ann.id)):
        assert (await anonymous.get(f"/api/v1/accounts/{path}"))["display_name"] == "Ann B"


async def check_hot_writes(world: CountedWorld, api: Api) -> None:
    """Check that a permission is one statement, and that an answer loads nothing again (law 6)."""
    async with world.node.db.write() as tx:
        draft = posts.Draft(text="Likeable")
        post_id = await posts.publish(tx, world.site, world.friends[0], draft)
    taken = {}
    for path in WRITE_BUDGETS:
        await api.get(f"/api/v1/statuses/{post_id}")
        already = count_statements(world, path)
        body = {} if "{id}" in path else {"status": "An answer", "in_reply_to_id": post_id}
        await api.post(path.replace("{id}", str(post_id)), **body)
        taken[path] = count_statements(world, path) - already
    assert {path: count for path, count in taken.items() if count > WRITE_BUDGETS[path]} == {}, taken
