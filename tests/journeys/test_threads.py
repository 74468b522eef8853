"""A member opens a thread of a peer: what is missing is fetched, within limits, and clients can watch."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from activitypub.collections import item_uris, next_page, thread_collections
from fedserver.federation import threads
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.tables.posts import posts
from tests.journeys.test_federation import settle
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import Document, StubPeers, make_actor
from tests.kit.visitors import Visitor, log_in_visitor

HEADER = "Mastodon-Async-Refresh"


async def begin(start: Start, answers: int) -> tuple[TestNode, TestNode, Api, str, AccountRow]:
    """Ann on alpha wrote a thread, of which Bob on beta has looked up the first post only."""
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    first = await alpha.publish(ann, "the first")
    above = first
    for number in range(answers):
        above = await alpha.publish(ann, f"answer {number}", in_reply_to_id=above)
    api = Api(beta, await beta.create_token(bob))
    found = await api.get(
        "/api/v2/search", q=f"https://alpha.test/users/ann/statuses/{first}", resolve="true"
    )
    return alpha, beta, api, str(found["statuses"][0]["id"]), ann


def refresh_of(answer: Any) -> tuple[str, int]:
    """Return the id and the count in the header."""
    parts = dict(part.strip().split("=") for part in answer.headers[HEADER].split(","))
    assert parts["retry"] == "3"
    return parts["id"].strip('"'), int(parts["result_count"])


async def test_thread_with_missing_replies_is_completed(start: Start) -> None:
    alpha, beta, api, post_id, _ = await begin(start, 3)
    path = f"/api/v1/statuses/{post_id}/context"
    anonymous = await Api(beta).request("GET", path)
    assert HEADER not in anonymous.headers, "only for members"
    opened = await api.request("GET", path)
    assert opened.body["descendants"] == []
    refresh_id, count = refresh_of(opened)
    watch = f"/api/v1_alpha/async_refreshes/{refresh_id}"
    assert await api.get(watch) == {
        "async_refresh": {"id": refresh_id, "status": "running", "result_count": 0}
    }
    assert count == 0
    assert refresh_of(await api.request("GET", path)) == (refresh_id, 0), "a second refresh is not started"
    await settle(alpha, beta)
    assert (await api.get(watch))["async_refresh"] == {
        "id": refresh_id,
        "status": "finished",
        "result_count": 3,
    }
    again = await api.request("GET", path)
    assert len(again.body["descendants"]) == 3
    assert HEADER not in again.headers
    beta.clock.forward(seconds=16 * 60)
    assert refresh_of(await api.request("GET", path))[0] != refresh_id, "after a while it is due again"
    await settle(alpha, beta)


async def test_reply_of_a_third_node_is_fetched_from_there(start: Start) -> None:
    alpha, beta, api, post_id, _ = await begin(start, 0)
    gamma = await start("gamma.test")
    eve = await gamma.create_member("eve")
    first = await gamma.node.services.resolver.resolve_post(
        (await api.get(f"/api/v1/statuses/{post_id}"))["uri"]
    )
    assert first is not None
    await gamma.publish(eve, "@ann@alpha.test from elsewhere", in_reply_to_id=first.id)
    await settle(alpha, gamma)
    await api.get(f"/api/v1/statuses/{post_id}/context")
    await settle(alpha, beta, gamma)
    [answer] = (await api.get(f"/api/v1/statuses/{post_id}/context"))["descendants"]
    assert answer["account"]["acct"] == "eve@gamma.test"


PEER = "peer.example"
BASE = f"https://{PEER}/posts"


def make_note(number: int | str, **more: Any) -> Document:
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{BASE}/{number}",
        "type": "Note",
        "attributedTo": f"https://{PEER}/users/ann",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "content": f"<p>post {number}</p>",
        **more,
    }


def make_reply(number: int | str, **more: Any) -> Document:
    return make_note(number, inReplyTo=f"{BASE}/5", **more)


def make_first_page(items: list[Any], **more: Any) -> Document:
    page = {
        "id": f"{BASE}/5/replies?page=true",
        "type": "CollectionPage",
        "partOf": f"{BASE}/5/replies",
        "items": items,
        **more,
    }
    return {"id": f"{BASE}/5/replies", "type": "Collection", "first": page}


async def open_thread(start: Start, peer: StubPeers, root: Document) -> tuple[TestNode, Api, str]:
    """Have a member of alpha look up a post of the peer."""
    alpha = await start("alpha.test")
    bob = await alpha.create_member("bob")
    peer.serve(make_actor(f"https://{PEER}/users/ann", "ann"), root)
    api = Api(alpha, await alpha.create_token(bob))
    found = await api.get("/api/v2/search", q=root["id"], resolve="true")
    return alpha, api, str(found["statuses"][0]["id"])


async def list_descendants(node: TestNode, api: Api, post_id: str) -> list[str]:
    """Open the thread twice: what the first look misses is fetched, the second shows."""
    await api.get(f"/api/v1/statuses/{post_id}/context")
    await node.settle()
    shown = (await api.get(f"/api/v1/statuses/{post_id}/context"))["descendants"]
    return sorted(status["uri"].rpartition("/")[2] for status in shown)


@pytest.mark.parametrize(
    ("replies", "others"),
    [
        # As GoToSocial: only the embedded page has the self-replies, the others are behind `next`.
        (make_first_page([f"{BASE}/6"], next=f"{BASE}/5/replies?page=2"), "replies?page=2"),
        # As Mastodon without self-replies: an empty page that leads on.
        (make_first_page([], next=f"{BASE}/5/replies?page=2"), "replies?page=2"),
        # Embedded without an id, the posts whole.
        (
            {
                "type": "Collection",
                "first": {"type": "CollectionPage", "items": [make_reply(6), make_reply(7)]},
            },
            "",
        ),
        (f"{BASE}/5/replies", "replies"),
        ({"id": f"{BASE}/5/replies", "type": "Collection"}, "replies"),
    ],
    ids=["embedded", "empty", "anonymous", "address", "counted"],
)
async def test_replies_of_every_shape_are_fetched_when_a_member_opens_the_thread(
    start: Start, names: tls.LoopbackResolver, replies: Any, others: str
) -> None:
    async with StubPeers(names, PEER) as peer:
        alpha, api, post_id = await open_thread(start, peer, make_note(5, replies=replies))
        peer.serve(make_reply(6), make_reply(7))
        if others:
            listed = [f"{BASE}/6", make_reply(7)] if "page=2" not in others else [make_reply(7), f"{BASE}/6"]
            peer.serve({"id": f"{BASE}/5/{others}", "type": "CollectionPage", "items": listed})
        assert await list_descendants(alpha, api, post_id) == ["6", "7"]


async def test_context_collection_of_a_thread_is_read_page_by_page(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with StubPeers(names, PEER) as peer:
        context = f"https://{PEER}/contexts/1"
        alpha, api, post_id = await open_thread(start, peer, make_note(5, context=context))
        peer.serve(make_reply(6), make_note(7, inReplyTo=f"{BASE}/6"))
        first = {"type": "OrderedCollectionPage", "orderedItems": [f"{BASE}/6"], "next": f"{context}?page=2"}
        peer.serve({"id": context, "type": "OrderedCollection", "first": first})
        # A page whose id has other parameters than the address that led to it.
        page = {
            "id": f"{context}?page=2&limit=20",
            "type": "OrderedCollectionPage",
            "orderedItems": [f"{BASE}/7"],
        }
        peer.documents[f"{context}?page=2"] = page
        assert await list_descendants(alpha, api, post_id) == ["6", "7"]


async def test_collection_of_another_origin_is_not_read(start: Start, names: tls.LoopbackResolver) -> None:
    async with StubPeers(names, PEER, "other.example") as peer:
        embedded = make_first_page([], next="https://other.example/page")
        alpha, api, post_id = await open_thread(start, peer, make_note(5, replies=embedded))
        peer.serve(make_reply(6), {"id": "https://other.example/page", "items": [f"{BASE}/6"]})
        # An address of the peer that serves the collection of another one.
        peer.documents[f"{BASE}/5/replies"] = {"id": "https://other.example/page", "items": [f"{BASE}/6"]}
        assert await list_descendants(alpha, api, post_id) == []
        assert "https://other.example/page" not in peer.requested_uris


async def test_thread_that_never_ends_is_cut(start: Start, names: tls.LoopbackResolver) -> None:
    async with StubPeers(names, PEER) as peer:
        embedded = make_first_page([], next=f"{BASE}/5/replies?page=0")
        alpha, api, post_id = await open_thread(start, peer, make_note(5, replies=embedded))
        for number in range(50):
            page = {
                "id": f"{BASE}/5/replies?page={number}",
                "type": "CollectionPage",
                "items": [f"{BASE}/missing-{number}-{item}" for item in range(100)],
                "next": f"{BASE}/5/replies?page={number + 1}",
            }
            peer.serve(page)
        before = len(peer.requested_uris)
        assert await list_descendants(alpha, api, post_id) == []
        assert len(peer.requested_uris) - before <= threads.MAX_REQUESTS_PER_HOST
        pages = [uri for uri in peer.requested_uris if "replies?page=" in uri]
        assert len(pages) == threads.MAX_PAGES


async def test_page_of_a_thread_fetches_what_is_missing_for_members(start: Start) -> None:
    alpha, beta, _, post_id, _ = await begin(start, 2)
    visitor = Visitor(beta)
    path = f"/@ann@alpha.test/{post_id}"
    await visitor.open(path)
    assert await beta.settle() == 0, "nothing for strangers"
    await visitor.log_in("bob")
    assert "answer 1" not in (await visitor.open(path)).text
    await settle(alpha, beta)
    assert "answer 1" in (await visitor.open(path)).text


async def test_thread_fetch_stops_at_its_limits(start: Start) -> None:
    _, beta, api, post_id, _ = await begin(start, 6)
    heard: list[int] = []

    async def report(found: int) -> None:
        heard.append(found)

    uri = (await api.get(f"/api/v1/statuses/{post_id}"))["uri"]
    assert await threads.refresh_thread(beta.node.services.resolver, uri, report, max_posts=2) == 2
    assert heard == [1]
    assert await threads.refresh_thread(beta.node.services.resolver, uri, report, max_posts=4) == 2
    assert await threads.refresh_thread(beta.node.services.resolver, uri, report) == 2


async def test_thread_fetch_of_a_silent_peer_ends(start: Start) -> None:
    alpha, beta, api, post_id, _ = await begin(start, 2)
    await alpha.node._web.cleanup()
    refresh_id, _ = refresh_of(await api.request("GET", f"/api/v1/statuses/{post_id}/context"))
    await beta.settle()
    watched = (await api.get(f"/api/v1_alpha/async_refreshes/{refresh_id}"))["async_refresh"]
    assert (watched["status"], watched["result_count"]) == ("finished", 0)


async def test_thread_fetch_whose_process_is_gone_is_over(start: Start) -> None:
    _, beta, api, post_id, _ = await begin(start, 1)
    refresh_id, _ = refresh_of(await api.request("GET", f"/api/v1/statuses/{post_id}/context"))
    beta.clock.forward(seconds=6 * 60)
    assert (await api.get(f"/api/v1_alpha/async_refreshes/{refresh_id}"))["async_refresh"][
        "status"
    ] == "finished"


async def test_thread_fetch_leaves_out_local_and_private_posts(start: Start) -> None:
    alpha, _, _, _, ann = await begin(start, 0)
    api = Api(alpha, await alpha.create_token(ann))
    post_id = await alpha.publish(ann, "mine")
    assert HEADER not in (await api.request("GET", f"/api/v1/statuses/{post_id}/context")).headers
    for wrong in ("7", "x", "1" * 30):
        assert (await api.request("GET", f"/api/v1_alpha/async_refreshes/{wrong}")).status == 404
    assert (await Api(alpha).request("GET", "/api/v1_alpha/async_refreshes/7")).status == 401
    narrow = Api(alpha, await alpha.create_token(ann, "write"))
    assert (await narrow.request("GET", "/api/v1_alpha/async_refreshes/7")).status == 403


def test_reply_collections_of_any_shape_are_read() -> None:
    post = {
        "id": "https://a.test/1",
        "replies": {"id": "https://a.test/1/replies"},
        "context": "https://b.test/c",
    }
    assert thread_collections(post) == ["https://a.test/1/replies"], "another origin's is not asked"
    assert thread_collections({"id": "https://a.test/1", "context": "https://a.test/1"}) == []
    assert thread_collections({}) == []
    assert thread_collections({"replies": [5, None, {}]}) == []
    embedded = {
        "first": {
            "items": ["https://a.test/2", {"id": "https://a.test/3"}, 5, "x:y"],
            "next": "https://a.test/n",
        }
    }
    assert item_uris(embedded, 10) == ["https://a.test/2", "https://a.test/3"]
    assert next_page(embedded) == "https://a.test/n"
    assert next_page({"first": "https://a.test/p"}) == "https://a.test/p"
    assert next_page({"orderedItems": [], "next": "https://a.test/q"}) == "https://a.test/q"
    assert next_page({"first": {"items": []}}) is None


async def test_long_chain_is_filled_each_time_that_it_is_opened(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with StubPeers(names, PEER) as peer:
        above: Document | None = None
        for number in range(100):
            above = make_note(100 + number, **({"inReplyTo": above["id"]} if above is not None else {}))
            peer.serve(above)
        assert above is not None
        alpha, api, post_id = await open_thread(start, peer, above)
        await alpha.settle()
        path, counts = f"/api/v1/statuses/{post_id}/context", []
        for _ in range(4):
            counts.append(len((await api.get(path))["ancestors"]))
            await alpha.settle()
            alpha.clock.forward(seconds=16 * 60)
        assert counts == [40, 81, 99, 99]
        requested = len(peer.requested_uris)
        await api.get(path)
        await alpha.settle()
        assert len(peer.requested_uris) == requested, "nothing is missing any more"


async def test_page_of_a_thread_that_lacks_a_post_above_has_it_fetched(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with StubPeers(names, PEER) as peer:
        alpha, api, post_id = await open_thread(start, peer, make_note(2, inReplyTo=f"{BASE}/1"))
        await alpha.settle()
        alpha.clock.forward(seconds=16 * 60)
        peer.serve(make_note(1))
        visitor = await log_in_visitor(alpha, "bob")
        await visitor.open(f"/@ann@{PEER}/{post_id}")
        await alpha.settle()
        [above] = (await api.get(f"/api/v1/statuses/{post_id}/context"))["ancestors"]
        assert above["uri"] == f"{BASE}/1"


@pytest.mark.parametrize("length", [1, 2, 3])
async def test_circle_of_replies_lists_no_post_twice(
    start: Start, names: tls.LoopbackResolver, length: int
) -> None:
    async with StubPeers(names, PEER) as peer:
        notes = [make_note(n, inReplyTo=f"{BASE}/{(n + 1) % length}") for n in range(length)]
        peer.serve(*notes)
        alpha, api, _ = await open_thread(start, peer, notes[0])
        await alpha.settle()
        for note in notes:
            found = await api.get("/api/v2/search", q=note["id"], resolve="true")
            [status] = found["statuses"]
            context = await api.get(f"/api/v1/statuses/{status['id']}/context")
            listed = [other["uri"] for other in (*context["ancestors"], *context["descendants"])]
            assert sorted([note["id"], *listed]) == sorted(other["id"] for other in notes)
            assert status["replies_count"] == (0 if length == 1 else len(context["descendants"][:1]))
            await alpha.settle()


async def test_circle_that_is_stored_already_is_shown_without_end_or_repetition(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with StubPeers(names, PEER) as peer:
        peer.serve(make_note(1))
        alpha, api, first = await open_thread(start, peer, make_note(2, inReplyTo=f"{BASE}/1"))
        await alpha.settle()
        async with alpha.db.write() as tx:
            # As an earlier version stored it.
            root = await post_queries.find_by_uri(tx, f"{BASE}/1")
            assert root is not None
            await tx.run(update(posts).where(posts.c.id == root.id).values(in_reply_to_id=int(first)))
        context = await api.get(f"/api/v1/statuses/{first}/context")
        assert [entry["uri"] for entry in context["ancestors"]] == [f"{BASE}/1"]
        assert context["descendants"] == []
        await alpha.settle()


ITEMS: list[tuple[str, dict[str, Any]]] = [
    ("links", {"replies": make_first_page([{"type": "Link", "href": f"{BASE}/6"}, {"href": f"{BASE}/7"}])}),
    ("a bare list of ids", {"replies": [f"{BASE}/6", f"{BASE}/7"]}),
    ("a bare list of posts", {"replies": [make_reply(6), {"type": "Link", "href": f"{BASE}/7"}]}),
    ("comments", {"comments": f"{BASE}/5/comments"}),
    ("a link to the collection", {"replies": {"type": "Link", "href": f"{BASE}/5/comments"}}),
    ("a list of one collection", {"replies": [f"{BASE}/5/comments"]}),
    ("a list of an embedded one", {"replies": [make_first_page([f"{BASE}/6", f"{BASE}/7"])]}),
]


@pytest.mark.parametrize("named", [more for _, more in ITEMS], ids=[name for name, _ in ITEMS])
async def test_replies_are_read_in_whatever_form(
    start: Start, names: tls.LoopbackResolver, named: dict[str, Any]
) -> None:
    async with StubPeers(names, PEER) as peer:
        peer.serve(make_reply(6), make_reply(7))
        items = [make_reply(6), f"{BASE}/7"]
        peer.serve({"id": f"{BASE}/5/comments", "type": "OrderedCollection", "orderedItems": items})
        alpha, api, post_id = await open_thread(start, peer, make_note(5, **named))
        assert await list_descendants(alpha, api, post_id) == ["6", "7"]


async def test_one_reply_in_a_bare_list_is_read(start: Start, names: tls.LoopbackResolver) -> None:
    async with StubPeers(names, PEER) as peer:
        peer.serve(make_reply(6))
        alpha, api, post_id = await open_thread(start, peer, make_note(5, replies=[f"{BASE}/6"]))
        assert await list_descendants(alpha, api, post_id) == ["6"]
