"""Documents for peers: what is public, what is gone, what is for one node alone."""

from __future__ import annotations

from typing import Any

import pytest

from fedserver.domain.accounts import accounts
from fedserver.domain.posts import post_removal
from tests.kit.nodes import Start, TestNode

ACCEPT = {"Accept": "application/activity+json"}


async def get(node: TestNode, path: str) -> tuple[int, Any]:
    async with node.http.get(path, headers=ACCEPT) as response:
        is_json = "json" in response.content_type
        return response.status, await response.json(content_type=None) if is_json else await response.text()


async def test_post_is_shown_with_its_collections(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "Hello")
    reply_id = await node.publish(ann, "And more", in_reply_to_id=post_id)
    path = f"/users/ann/statuses/{post_id}"
    status, document = await get(node, path)
    assert status == 200
    assert (document["id"], document["attributedTo"]) == (f"https://alpha.test{path}", ann.uri)
    _, replies = await get(node, f"{path}/replies")
    assert replies["first"]["items"] == [f"https://alpha.test/users/ann/statuses/{reply_id}"]
    assert document["replies"] == {name: replies[name] for name in ("id", "type", "totalItems", "first")}
    for name in ("likes", "shares"):
        _, collection = await get(node, f"{path}/{name}")
        assert collection["totalItems"] == 0
    _, activity = await get(node, f"{path}/activity")
    assert activity["type"] == "Create"
    assert activity["object"]["id"] == document["id"]


@pytest.mark.parametrize("visibility", ["followers", "direct", "local"])
async def test_post_that_is_not_public_is_not_found_unsigned(start: Start, visibility: str) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "Hello", visibility=visibility)
    for suffix in ("", "/activity", "/replies", "/likes", "/shares"):
        status, _ = await get(node, f"/users/ann/statuses/{post_id}{suffix}")
        assert status == 404, suffix


async def test_post_under_the_name_of_another_member_is_not_found(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    await node.create_member("bob")
    post_id = await node.publish(ann, "Hello")
    assert (await get(node, f"/users/bob/statuses/{post_id}"))[0] == 404


async def test_post_that_was_deleted_is_gone_with_a_tombstone(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "Hello")
    async with node.db.write() as tx:
        await post_removal.delete(tx, ann, post_id)
    status, document = await get(node, f"/users/ann/statuses/{post_id}")
    assert (status, document["type"]) == (410, "Tombstone")


async def test_outbox_counts_first_and_lists_public_posts_on_its_page(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    public_id = await node.publish(ann, "Hello")
    await node.publish(ann, "For followers", visibility="followers")
    _, outbox = await get(node, "/users/ann/outbox")
    assert outbox["first"] == f"{ann.uri}/outbox?page=true"
    _, page = await get(node, "/users/ann/outbox?page=true")
    assert [item["object"]["id"] for item in page["orderedItems"]] == [
        f"https://alpha.test/users/ann/statuses/{public_id}"
    ]
    assert "@context" not in page["orderedItems"][0]


async def test_followers_of_a_member_who_hides_them_are_only_counted(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    async with node.db.write() as tx:
        await accounts.update_profile(tx, node.site, ann, accounts.ProfileChange(hides_collections=True))
    for name in ("followers", "following"):
        _, collection = await get(node, f"/users/ann/{name}?page=true")
        assert collection["totalItems"] == 0
        assert "orderedItems" not in collection
        assert "first" not in collection


@pytest.mark.parametrize("path", ["/users/ann/followers_synchronization", "/partners/offers/1"])
async def test_documents_for_one_node_need_a_signature(start: Start, path: str) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    assert (await get(node, path))[0] == 401


async def test_documents_are_shared_by_caches_and_differ_by_accept_and_signature(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    async with node.http.get("/users/ann", headers=ACCEPT) as response:
        assert response.headers["Vary"] == "Accept, Signature"
        assert response.headers["Cache-Control"] == "max-age=60"


async def test_closed_node_shows_its_own_actor_and_nothing_else(start: Start) -> None:
    node = await start("alpha.test", mode="closed")
    await node.create_member("ann")
    status, document = await get(node, "/users/ann")
    assert (status, document) == (403, {"error": "This node does not federate"})
    assert (await get(node, "/actor"))[0] == 200


async def test_authorized_fetch_refuses_unsigned_requests_but_for_its_own_actor(start: Start) -> None:
    node = await start("alpha.test", authorized_fetch=True)
    await node.create_member("ann")
    assert (await get(node, "/users/ann"))[0] == 401
    assert (await get(node, "/actor"))[0] == 200


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("APPLICATION/ACTIVITY+JSON", "application/activity+json"),
        ("text/html;q=0.5, application/activity+json;q=0.9", "application/activity+json"),
        ("application/activity+json;q=0, text/html", "text/html"),
        ("application/activity+json;q=0.5, text/html;q=0.9", "text/html"),
    ],
)
async def test_document_or_page_by_weight_and_without_regard_to_case(
    start: Start, accept: str, content_type: str
) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "Hello")
    for path in ("/users/ann", "/@ann", f"/users/ann/statuses/{post_id}", f"/@ann/{post_id}"):
        async with node.http.get(path, headers={"Accept": accept}) as answer:
            assert (answer.status, answer.content_type) == (200, content_type), path


async def test_address_with_the_ending_json_names_the_document(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "Hello")
    for path, uri in (
        ("/users/ann.json", ann.uri),
        ("/@ann.json", ann.uri),
        (f"/users/ann/statuses/{post_id}.json", f"{ann.uri}/statuses/{post_id}"),
        (f"/@ann/{post_id}.json", f"{ann.uri}/statuses/{post_id}"),
    ):
        for accept in ("text/html", "*/*"):
            async with node.http.get(path, headers={"Accept": accept}, allow_redirects=False) as answer:
                assert (answer.status, answer.content_type) == (200, "application/activity+json"), path
                assert (await answer.json(content_type=None))["id"] == uri
    for path in ("/users/nobody.json", "/@ann/0.json", "/@.json"):
        async with node.http.get(path, allow_redirects=False) as answer:
            assert answer.status == 404, path


async def test_error_is_a_page_for_those_who_prefer_one(start: Start) -> None:
    node = await start("alpha.test")
    for accept, content_type in (
        ("Text/HTML", "text/html"),
        ("application/json;q=0.5, text/html", "text/html"),
        ("application/json, text/html;q=0.5", "application/json"),
        ("text/html;q=0", "application/json"),
        ("*/*", "application/json"),
    ):
        async with node.http.get("/nothing", headers={"Accept": accept}) as answer:
            assert (answer.status, answer.content_type) == (404, content_type), accept
