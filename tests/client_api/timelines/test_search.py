"""Search over real HTTP: what clients send, who is refused, and posts of another real node."""

from __future__ import annotations

from typing import Any

import pytest

from fedserver.domain.accounts import accounts
from fedserver.domain.moderation import admin_accounts
from fedserver.domain.relationships import follows
from storage.engine import Page
from storage.rows.accounts import AccountRow
from tests.kit.api import Api
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.people import create_remote_account


async def settle_all(*nodes: TestNode) -> None:
    while sum([await node.settle() for node in nodes]):
        pass


async def search_ids(api: Api, kind: str, **params: Any) -> list[str]:
    body = await api.get("/api/v2/search", **params)
    assert set(body) >= {"accounts", "statuses", "hashtags"}
    return [item["name" if kind == "hashtags" else "id"] for item in body[kind]]


async def set_indexable(node: TestNode, member: AccountRow, agreed: bool = True) -> None:
    async with node.db.write() as tx:
        row = await accounts.get(tx, member.id)
        await accounts.update_profile(tx, node.site, row, accounts.ProfileChange(indexable=agreed))
    await node.settle()


async def test_search_finds_accounts_statuses_and_hashtags(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("lampmaker"), await node.create_member("bob")
    written = await node.publish(ann, "On lamps #lamps #lampshade")
    await node.publish(bob, "lamps too")
    api = Api(node, await node.create_token(ann))
    assert await search_ids(api, "statuses", q="lamps") == [str(written)]
    assert await search_ids(api, "accounts", q="lamp") == [str(ann.id)]
    assert await search_ids(api, "hashtags", q="lamp") == ["lamps", "lampshade"]
    assert await search_ids(api, "hashtags", q="#lamp") == ["lamps", "lampshade"]
    assert await search_ids(api, "accounts", q="#lamp") == []
    assert await search_ids(api, "hashtags", q="@lamp") == []
    for kind, others in (("statuses", ("accounts", "hashtags")), ("accounts", ("statuses", "hashtags"))):
        for other in others:
            assert await search_ids(api, other, q="lamps", type=kind) == []
    assert await search_ids(api, "accounts", q='"lampmaker" from:me') == []
    assert await search_ids(api, "hashtags", q="lamp", limit="1", offset="1") == ["lamps"]
    assert await search_ids(api, "hashtags", q="lamp", limit="1", offset="1", type="hashtags") == [
        "lampshade"
    ]
    results = await api.get("/api/v2/search", q="lamps", type="hashtags")
    assert results["hashtags"][0]["history"][0]["uses"] == "1"
    assert len(results["hashtags"][0]["history"]) == 7


async def test_search_without_a_token_finds_accounts_and_hashtags_only(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    written = await node.publish(ann, "On lamps #lamps")
    await set_indexable(node, ann)
    nobody = Api(node)
    assert await search_ids(nobody, "statuses", q="lamps") == []
    assert await search_ids(nobody, "accounts", q="ann") == [str(ann.id)]
    assert await search_ids(nobody, "hashtags", q="lamps") == ["lamps"]
    assert await search_ids(nobody, "statuses", q=f"{node.base}/@ann/{written}") == [str(written)]
    for refused in ({"resolve": "true"}, {"offset": "1", "type": "accounts"}):
        assert (await nobody.request("GET", "/api/v2/search", params={"q": "ann", **refused})).status == 401
    other = Api(node, await node.create_token(ann, "read:statuses"))
    assert (await other.request("GET", "/api/v2/search", params={"q": "ann"})).status == 403


ODD_PARAMS = (
    {"limit": "0"},
    {"limit": "4000"},
    {"max_id": "9" * 30},
    {"min_id": "9" * 30},
    {"account_id": "9" * 40},
    {"q": "\0 'x"},
    {"q": "x" * 7_000},
    {"q": '"' * 600},
    {"q": "-" * 50},
)


@pytest.mark.parametrize("params", ODD_PARAMS)
async def test_search_with_odd_values_never_fails(start: Start, params: dict[str, str]) -> None:
    node = await start("alpha.test")
    api = Api(node, await node.create_token(await node.create_member("ann")))
    answer = await api.request("GET", "/api/v2/search", params={"q": "x", "type": "statuses", **params})
    assert answer.status in (200, 422), answer.body


async def test_search_is_paged_by_offset_and_by_id(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    written = [str(await node.publish(ann, f"word {number}")) for number in range(5)][::-1]
    api = Api(node, await node.create_token(ann))
    params = {"q": "word", "type": "statuses"}
    assert await search_ids(api, "statuses", **params, limit="2") == written[:2]
    assert await search_ids(api, "statuses", **params, limit="2", offset="2") == written[2:4]
    assert await search_ids(api, "statuses", **params, max_id=written[1]) == written[2:]
    assert await search_ids(api, "statuses", **params, min_id=written[3], limit="2") == written[1:3]
    assert await search_ids(api, "statuses", **params, account_id=str(ann.id)) == written
    assert await search_ids(api, "statuses", **params, account_id="1") == []


async def test_account_search_ranks_and_finds_by_handle(start: Start) -> None:
    node = await start("alpha.test")
    ann, *others = [await node.create_member(name) for name in ("ann", "smith", "smithy", "smithson")]
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, ann, others[2])
        row = await accounts.get(tx, others[1].id)
        await accounts.update_profile(tx, node.site, row, accounts.ProfileChange(display_name="Joan Baker"))
    api = Api(node, await node.create_token(ann))
    path = "/api/v1/accounts/search"
    assert [item["username"] for item in await api.get(path, q="smith")] == ["smith", "smithson", "smithy"]
    assert [item["username"] for item in await api.get(path, q="@smithy@alpha.test")] == ["smithy"]
    assert [item["username"] for item in await api.get(path, q="baker")] == ["smithy"]
    assert [account["username"] for account in await api.get(path, q="smith", following="true")] == [
        "smithson"
    ]
    assert [item["username"] for item in await api.get(path, q="smith", limit="1", offset="1")] == [
        "smithson"
    ]
    async with node.db.write() as tx:
        await accounts.update_profile(tx, node.site, ann, accounts.ProfileChange(display_name="Zoë José"))
        await create_remote_account(tx, "bob", display_name="Łukasz Müller")
    for query, names in (("jose", ["ann"]), ("JOSÉ", ["ann"]), ("zoe", ["ann"]), ("lukasz mull", ["bob"])):
        assert [item["username"] for item in await api.get(path, q=query)] == names, query
    async with node.db.write() as tx:
        views = await admin_accounts.list_page(
            tx, admin_accounts.AdminAccountQuery(display_name="zoe"), Page(limit=9)
        )
        assert [item.view.account.id for item in views] == [ann.id]
    assert (await Api(node).request("GET", path, params={"q": "smith"})).status == 401
    assert await search_ids(api, "accounts", q="smith", following="true") == [str(others[2].id)]


async def test_search_finds_remote_posts_if_their_author_agrees(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, eve, bob = (
        await alpha.create_member("ann"),
        await alpha.create_member("eve"),
        await beta.create_member("bob"),
    )
    reader, outsider = Api(alpha, await alpha.create_token(ann)), Api(alpha, await alpha.create_token(eve))
    target = await alpha.node.services.resolver.resolve_account("@bob@beta.test")
    assert target is not None
    async with alpha.db.write() as tx:
        await follows.follow(tx, alpha.site, ann, target)
    await settle_all(alpha, beta)
    await beta.publish(bob, "A heron, seen at dawn")
    await beta.publish(bob, "A heron for friends", visibility="followers")
    await beta.publish(bob, "A heron for @ann@alpha.test", visibility="direct")
    await settle_all(alpha, beta)

    async def list_visibilities(api: Api, q: str = "heron") -> list[str]:
        results = await api.get("/api/v2/search", q=q, type="statuses")
        return [status["visibility"] for status in results["statuses"]]

    assert await list_visibilities(reader) == ["direct"]
    assert await list_visibilities(outsider) == []
    await set_indexable(beta, bob)
    await settle_all(alpha, beta)
    assert await list_visibilities(reader) == ["direct", "public"]
    assert await list_visibilities(outsider) == ["public"]
    assert await list_visibilities(outsider, "from:@bob@beta.test") == ["public"]
    await beta.publish(bob, "Another heron")
    await settle_all(alpha, beta)
    assert await list_visibilities(outsider) == ["public", "public"]
    await set_indexable(beta, bob, agreed=False)
    await settle_all(alpha, beta)
    assert await list_visibilities(outsider) == []


async def test_search_page_finds_own_posts(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    await node.publish(ann, "Repairing a lámp")
    await node.create_member("bob")
    for name, seen in (("ann", True), ("bob", False)):
        await node.http.post("/login", data={"username": name, "password": PASSWORD, "next": "/home"})
        async with node.http.get("/search", params={"q": '"a lamp"'}) as page:
            assert page.status == 200
            assert ("Repairing" in await page.text()) is seen
        node.http.cookie_jar.clear()
