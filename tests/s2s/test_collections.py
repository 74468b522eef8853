"""Our collections, read as peers read them: page by page, with what is embedded."""

from __future__ import annotations

from typing import Any

from activitypub.collections import read_part
from fedserver.domain.accounts import featured_tags
from fedserver.domain.posts import pins
from fedserver.domain.relationships import follows
from fedserver.federation.outbound.replies import MAX_SELF_REPLIES, PAGE_SIZE
from tests.kit.nodes import Start, TestNode
from tests.kit.people import create_remote_account

ACCEPT = {"Accept": "application/activity+json"}
COUNTED = ("likes", "shares")  # who liked or boosted is told to nobody
COLLECTIONS = ("Collection", "OrderedCollection")


async def fetch(node: TestNode, uri: str) -> dict[str, Any]:
    async with node.http.get(uri.removeprefix(node.base), headers=ACCEPT) as response:
        assert response.status == 200, (uri, response.status)
        document: dict[str, Any] = await response.json(content_type=None)
    assert document["id"] == uri
    return document


async def walk(node: TestNode, collection: dict[str, Any]) -> list[Any]:
    """Return all items, from what is embedded and from each page that follows."""
    part = read_part(collection, 1_000)
    found = list(part.items)
    while part.next is not None:
        page = await fetch(node, part.next)
        assert page["type"] in ("CollectionPage", "OrderedCollectionPage")
        assert page["partOf"] == collection["id"]
        part = read_part(page, 1_000)
        found += part.items
    return found


async def test_every_collection_of_an_actor_and_a_post_has_items_or_a_first_page(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "Hello")
    reply_id = await node.publish(ann, "And more", in_reply_to_id=post_id)
    async with node.db.write() as tx:
        await pins.pin(tx, ann, post_id)
        await featured_tags.add(tx, ann, "Fox")
        fan = await create_remote_account(tx, "fan")
        await follows.receive(tx, fan, ann, f"{fan.uri}#follow")
        await follows.follow(tx, node.site, ann, fan)
        await follows.receive_answer(tx, fan, ann.id, None, accepted=True)
    actor = await fetch(node, ann.uri)
    post = await fetch(node, f"{ann.uri}/statuses/{post_id}")
    reply_uri = f"{ann.uri}/statuses/{reply_id}"
    expected = {
        "outbox": [f"{reply_uri}/activity", f"{post['id']}/activity"],
        "followers": [fan.uri],
        "following": [fan.uri],
        "featured": [post["id"]],
        "featuredTags": ["#fox"],
        "replies": [reply_uri],
        "context": [post["id"], reply_uri],
    }
    for document, names in (
        (actor, ("outbox", "followers", "following", "featured", "featuredTags")),
        (post, ("replies", "context", *COUNTED)),
    ):
        for name in names:
            reference = document[name]
            uri = reference if isinstance(reference, str) else reference["id"]
            collection = await fetch(node, uri)
            assert collection["type"] in COLLECTIONS, name
            if isinstance(reference, dict):
                assert reference == {key: collection[key] for key in reference}, name
            if name in COUNTED:
                assert collection["totalItems"] == 0
                continue
            items = await walk(node, collection)
            uris = [item if isinstance(item, str) else item.get("id", item.get("name")) for item in items]
            assert [uri.lower() if name == "featuredTags" else uri for uri in uris] == expected[name], name


async def test_replies_list_those_of_the_author_first_on_pages_of_their_own(start: Start) -> None:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    post_id = await node.publish(ann, "Hello")
    own, others = [], []
    for number in range(PAGE_SIZE + 3):
        others.append(await node.publish(bob, f"other {number}", in_reply_to_id=post_id))
        if number < MAX_SELF_REPLIES + 2:
            own.append(await node.publish(ann, f"own {number}", in_reply_to_id=post_id))
    await node.publish(ann, "for followers", in_reply_to_id=post_id, visibility="followers")
    await node.publish(bob, "deeper", in_reply_to_id=others[0])
    post = await fetch(node, f"{ann.uri}/statuses/{post_id}")
    embedded = post["replies"]["first"]
    assert (embedded["type"], embedded["partOf"]) == ("CollectionPage", post["replies"]["id"])
    assert embedded["items"] == [f"{ann.uri}/statuses/{number}" for number in own[:MAX_SELF_REPLIES]]
    uris = await walk(node, post["replies"])
    assert uris == [f"{ann.uri}/statuses/{number}" for number in own] + [
        f"{bob.uri}/statuses/{number}" for number in others
    ]
    assert await walk(node, await fetch(node, post["replies"]["id"])) == uris
    thread = await walk(node, await fetch(node, post["context"]))
    assert len(thread) == len(set(thread)) == len(uris) + 2


async def test_new_post_leads_peers_to_the_replies_that_will_come(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post = await fetch(node, f"{ann.uri}/statuses/{await node.publish(ann, 'Hello')}")
    first = post["replies"]["first"]
    assert first["items"] == []
    assert await walk(node, post["replies"]) == []
    assert first["next"].startswith(post["replies"]["id"])
