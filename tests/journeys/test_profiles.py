"""Two real nodes and a real web page: what of a profile crosses between them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from fedserver.domain.accounts import account_views, accounts, featured_tags
from fedserver.domain.content import tags
from fedserver.domain.relationships import followers
from fedserver.domain.timelines import timelines
from storage.engine import Page
from storage.rows.accounts import AccountRow
from tests.journeys.test_federation import follow, settle
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.metrics import read_value
from tests.kit.nodes import Start, TestNode


class HomePage:
    """The home page of a person at https://home.test, which counts requests."""

    def __init__(self) -> None:
        self.body = ""
        self.status = 200
        self.content_type = "text/html"
        self.visits: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.visits.append(request.path)
        return web.Response(text=self.body, status=self.status, content_type=self.content_type)


@pytest.fixture
async def home_page(names: tls.LoopbackResolver) -> AsyncIterator[HomePage]:
    site = HomePage()
    application = web.Application()
    application.router.add_get("/{path:.*}", site.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls.server_context("home.test")).start()
    names.ports["home.test"] = runner.addresses[0][1]
    yield site
    await runner.cleanup()


async def marks(node: TestNode, account_id: int) -> list[int | None]:
    """Return when each field of a profile was verified."""
    async with node.db.read() as tx:
        view = (await account_views.load(tx, [account_id]))[account_id]
    return [field.verified_at for field in view.fields]


async def set_fields(api: Api, *values: str) -> list[dict[str, str]]:
    attributes = [{"name": f"Field {number}", "value": value} for number, value in enumerate(values)]
    changed = await api.patch("/api/v1/accounts/update_credentials", fields_attributes=attributes)
    found: list[dict[str, str]] = changed["fields"]
    return found


async def test_profile_link_whose_page_links_back_is_verified(start: Start, home_page: HomePage) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    api = Api(alpha, await alpha.create_token(ann))
    fields = await set_fields(
        api, "https://home.test/", "https://home.test and more", "http://home.test", "https://alpha.test/@ann"
    )
    assert [field["verified_at"] for field in fields] == [None] * 4
    home_page.body = '<a href="https://alpha.test/@ann">me</a> <a rel="me" href="https://alpha.test/@eve">'
    await settle(alpha)
    assert home_page.visits == ["/"]
    assert await marks(alpha, ann.id) == [None] * 4

    home_page.body = '<a rel="nofollow me" href="https://ALPHA.test/@ann/">it is me</a>'
    before = await accounts_row(alpha, ann)
    await set_fields(api, "https://home.test/", "another")
    await settle(alpha)
    first, second = await marks(alpha, ann.id)
    after = await accounts_row(alpha, ann)
    assert first is not None
    assert second is None
    assert after.version > before.version + 1
    shown = await Api(alpha).get(f"/api/v1/accounts/{ann.id}")
    assert shown["fields"][0]["verified_at"].startswith("2026-")
    assert not shown["fields"][1]["verified_at"]
    async with alpha.http.get("/@ann") as page:
        assert 'class="verified"' in await page.text()

    # A peer that meets the profile asks the page itself, once an hour at most.
    visits = len(home_page.visits)
    remote = await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    assert len(home_page.visits) == visits + 1
    assert [mark is not None for mark in await marks(beta, remote.id)] == [True, False]
    home_page.status = 503
    for number in range(3):
        await set_fields(api, "https://home.test/", f"more {number}")
        await settle(alpha, beta)
    of_beta = len(home_page.visits) - visits - 1 - 3
    assert of_beta == 0
    assert (await marks(beta, remote.id))[0] is not None
    assert (await marks(alpha, ann.id))[0] == first, "a page that does not answer now takes nothing away"
    beta.clock.forward(hours=2)
    home_page.status, home_page.body = 200, "nobody"
    await settle(alpha, beta)
    assert await marks(beta, remote.id) == [None, None]
    await set_fields(api, "https://home.test/")
    await settle(alpha, beta)
    assert await marks(alpha, ann.id) == [None]


async def accounts_row(node: TestNode, account: AccountRow) -> AccountRow:
    async with node.db.read() as tx:
        return await accounts.get(tx, account.id)


@pytest.mark.parametrize("wrong", ["plain", "large", "elsewhere"])
async def test_profile_link_without_a_page_is_not_verified(
    start: Start, home_page: HomePage, wrong: str
) -> None:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    link = '<a rel="me" href="https://alpha.test/@ann">'
    home_page.body = " " * 1_048_576 + link if wrong == "large" else link
    home_page.content_type = "text/plain" if wrong == "plain" else "text/html"
    await set_fields(
        Api(alpha, await alpha.create_token(ann)),
        "https://missing.test/" if wrong == "elsewhere" else "https://home.test/",
    )
    await settle(alpha)
    assert await marks(alpha, ann.id) == [None]
    assert len(home_page.visits) == (0 if wrong == "elsewhere" else 1)


async def test_followed_tag_brings_posts_of_peers_home(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, eve, bob = (
        await alpha.create_member("ann"),
        await alpha.create_member("eve"),
        await beta.create_member("bob"),
    )
    remote = await follow(alpha, eve, "@bob@beta.test")
    await settle(alpha, beta)
    async with alpha.db.write() as tx:
        await tags.follow(tx, ann, "Fedi")
    await beta.publish(bob, "about #fedi")
    await beta.publish(bob, "about #fedi for followers", visibility="followers")
    await beta.publish(bob, "about nothing")
    await settle(alpha, beta)
    async with alpha.db.read() as tx:
        (seen,) = await timelines.list_home(tx, ann.id, Page())
        assert len(await timelines.list_home(tx, eve.id, Page())) == 3
        assert seen in await timelines.list_by_account(tx, remote.id, None, Page())


async def test_featured_tags_are_read_by_peers(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    await alpha.publish(ann, "a #Fox")
    await settle(alpha, beta)
    for name in ("Fox", "bear"):
        async with alpha.db.write() as tx:
            await featured_tags.add(tx, ann, name)
    activities = beta.node.services.metrics.activities
    received = read_value(activities, "Update", "done")
    assert await alpha.settle()
    assert await beta.settle()
    assert read_value(activities, "Update", "done") == received + 1
    fetcher = beta.node.services.resolver._fetcher
    actor = await fetcher.fetch_document(ann.uri)
    assert actor is not None
    assert actor["featuredTags"] == f"{ann.uri}/collections/tags"
    assert {"@id": "toot:featuredTags", "@type": "@id"} in [
        entry.get("featuredTags") for entry in actor["@context"] if isinstance(entry, dict)
    ]
    found = await fetcher.fetch_document(str(actor["featuredTags"]))
    assert found is not None
    assert (found["type"], found["totalItems"]) == ("Collection", 2)
    assert found["items"] == [
        {"type": "Hashtag", "href": "https://alpha.test/@ann/tagged/fox", "name": "#Fox"},
        {"type": "Hashtag", "href": "https://alpha.test/@ann/tagged/bear", "name": "#bear"},
    ]


async def test_removed_follower_receives_a_reject(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    remote_ann = await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    api = Api(alpha, await alpha.create_token(ann))
    [follower] = await api.get(f"/api/v1/accounts/{ann.id}/followers")
    gone = await api.post(f"/api/v1/accounts/{follower['id']}/remove_from_followers")
    assert not gone["followed_by"]
    await settle(alpha, beta)
    async with beta.db.read() as tx:
        assert await followers.list_following(tx, bob, bob.id, Page()) == []
        assert await followers.list_requests(tx, remote_ann, Page()) == []
    assert (await accounts_row(alpha, ann)).followers_count == 0
    assert (await accounts_row(beta, bob)).following_count == 0


async def test_aliases_given_as_handles_are_resolved_and_federated(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    remote_ann = await follow(beta, bob, "@ann@alpha.test")
    await settle(alpha, beta)
    api = Api(alpha, await alpha.create_token(ann))
    path = "/api/v1/accounts/alias"
    form = [("also_known_as_uris[]", "@bob@beta.test"), ("also_known_as_uris[]", bob.uri)]
    answer = await api.request("POST", path, data=form)
    assert answer.status == 200
    assert answer.body["source"]["also_known_as_uris"] == [bob.uri]
    await settle(alpha, beta)
    async with beta.db.read() as tx:
        assert (await accounts.get(tx, remote_ann.id)).also_known_as == f'["{bob.uri}"]'
    for wrong in ("@nobody@beta.test", "https://missing.test/users/x", ann.uri, "@ann"):
        refused = await api.request("POST", path, json={"also_known_as_uris": [wrong]})
        assert refused.status == 422, wrong
    assert (await api.post(path, also_known_as_uris=[]))["source"]["also_known_as_uris"] == []
