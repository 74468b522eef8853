"""A member opens a thread of a peer: what is missing is fetched, within limits, and clients can watch."""

from __future__ import annotations

from typing import Any

from activitypub.collections import item_uris, next_page, thread_collections
from fedserver.federation import threads
from storage.rows.accounts import AccountRow
from tests.journeys.test_federation import settle
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

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
