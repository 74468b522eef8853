"""Quotes between real nodes (FEP-044f): asked for, granted, refused, verified by others, taken back."""

from __future__ import annotations

from typing import Any

import msgspec

from activitypub.interactions import quote_request
from activitypub.keys import load_private
from activitypub.signatures import cavage
from activitypub.signatures.digest import sha256
from activitypub.terms import ACTIVITY_JSON, PUBLIC
from fedserver.domain.accounts import accounts
from fedserver.domain.notifications import notification_views
from fedserver.domain.posts import edits, post_removal, quotes, remote_posts
from fedserver.domain.posts.quote_requests import RemoteQuote
from fedserver.domain.timelines import post_policies, post_views
from fedserver.federation.signing import build_request
from storage.engine import Page
from storage.queries.kernel import jobs as job_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.queries.relationships import blocks as block_queries
from storage.rows.accounts import AccountRow
from storage.rows.relationships import BlockRow
from tests.journeys.test_federation import follow, settle
from tests.kit import keys
from tests.kit.nodes import Start, TestNode
from tests.kit.remote_posts import build_remote_post


async def view_of(node: TestNode, uri: str, viewer: AccountRow | None = None) -> post_views.PostView:
    async with node.db.read() as tx:
        row = await post_queries.find_by_uri(tx, uri)
        assert row is not None, uri
        (view,) = await post_views.load(tx, [row.id], viewer.id if viewer else None)
        return view


async def state(node: TestNode, uri: str) -> str:
    view = await view_of(node, uri)
    assert view.quote is not None
    return view.quote.state


async def document(node: TestNode, uri: str) -> tuple[int, Any]:
    async with node.http.get(uri.removeprefix(node.base), headers={"Accept": ACTIVITY_JSON}) as answer:
        return answer.status, msgspec.json.decode(await answer.read()) if answer.status == 200 else None


async def list_notified(node: TestNode, who: AccountRow) -> list[str]:
    async with node.db.read() as tx:
        views, _ = await notification_views.list_by_account(tx, who, Page())
    return [view.row.kind for view in views]


class World:
    """Ann on alpha; Bob on beta, who quotes her; Eve on gamma, who follows Bob."""

    def __init__(self, alpha: TestNode, beta: TestNode, gamma: TestNode) -> None:
        self.alpha, self.beta, self.gamma = alpha, beta, gamma
        self.ann: Any = None
        self.bob: Any = None
        self.eve: Any = None

    async def settle(self) -> None:
        await settle(self.alpha, self.beta, self.gamma)

    async def find_on_beta(self, post_id: int) -> int:
        """Return a post of Ann's, as Bob's node has it."""
        row = await self.beta.node.services.resolver.resolve_post(
            f"https://alpha.test/users/ann/statuses/{post_id}"
        )
        assert row is not None
        return int(row.id)


async def begin(start: Start) -> World:
    world = World(*[await start(f"{name}.test") for name in ("alpha", "beta", "gamma")])
    world.ann, world.bob = await world.alpha.create_member("ann"), await world.beta.create_member("bob")
    world.eve = await world.gamma.create_member("eve")
    await follow(world.gamma, world.eve, "@bob@beta.test")
    await world.settle()
    return world


async def test_quote_request_granted_is_verified_by_a_third_node(start: Start) -> None:
    world = await begin(start)
    first = await world.alpha.publish(world.ann, "Mine")
    uri = f"https://alpha.test/users/ann/statuses/{first}"
    second = await world.beta.publish(world.bob, "Look", quoted_id=await world.find_on_beta(first))
    quoting = f"https://beta.test/users/bob/statuses/{second}"
    assert await state(world.beta, quoting) == "pending"
    await world.settle()
    for node in (world.alpha, world.beta, world.gamma):
        view = await view_of(node, quoting)
        assert view.quote
        assert (view.quote.state, view.quote.row.quoted_uri) == ("accepted", uri)
        assert view.quote.post
        assert view.quote.post.post.uri == uri
        assert (await view_of(node, uri)).post.quotes_count == 1
    assert await list_notified(world.alpha, world.ann) == ["quote"]

    _, note = await document(world.beta, quoting)
    assert {note[name] for name in ("quote", "quoteUrl", "quoteUri", "_misskey_quote")} == {uri}
    assert note["content"].startswith('<p class="quote-inline">RE: <a href="https://alpha.test/@ann/')
    [link] = [tag for tag in note["tag"] if tag["type"] == "Link"]
    assert link["href"] == uri
    assert link["rel"].endswith("#_misskey_quote")
    granted = note["quoteAuthorization"]
    assert granted.startswith("https://alpha.test/users/ann/quote_authorizations/")
    status, proof = await document(world.alpha, granted)
    assert (status, proof["type"], proof["id"]) == (200, "QuoteAuthorization", granted)
    assert (proof["attributedTo"], proof["interactingObject"], proof["interactionTarget"]) == (
        world.ann.uri,
        quoting,
        uri,
    )


async def test_revoked_quote_disappears_on_all_nodes(start: Start) -> None:
    world = await begin(start)
    first = await world.alpha.publish(world.ann, "Mine")
    second = await world.beta.publish(world.bob, "Look", quoted_id=await world.find_on_beta(first))
    quoting = f"https://beta.test/users/bob/statuses/{second}"
    await world.settle()
    granted = (await document(world.beta, quoting))[1]["quoteAuthorization"]
    there = await view_of(world.alpha, quoting)
    async with world.alpha.db.write() as tx:
        await quotes.revoke(tx, world.ann, first, there.post.id)
    await world.settle()
    for node in (world.alpha, world.beta, world.gamma):
        assert await state(node, quoting) == "revoked"
        assert (await view_of(node, f"https://alpha.test/users/ann/statuses/{first}")).post.quotes_count == 0
    assert (await document(world.alpha, granted))[0] == 404
    assert "quoteAuthorization" not in (await document(world.beta, quoting))[1]

    # Asked once more, the answer is no.
    async with world.beta.db.write() as tx:
        row, quote = await post_queries.find(tx, second), await quote_queries.find_by_post(tx, second)
        await quotes.record(tx, world.beta.site, row, await post_queries.find(tx, quote.quoted_id))
    await world.settle()
    assert await state(world.beta, quoting) == "rejected"


async def test_quote_policies_nobody_and_followers_are_enforced(start: Start) -> None:
    world = await begin(start)
    first = await world.alpha.publish(world.ann, "Mine", quote_policy="nobody")
    known = await world.find_on_beta(first)
    view = await view_of(world.beta, f"https://alpha.test/users/ann/statuses/{first}", world.bob)
    assert view.quote_permission == "denied"
    # A node that did not look at the policy asks all the same.
    async with world.beta.db.write() as tx:
        await post_queries.set_interaction_policy(tx, known, '{"quote":{"automatic":["public"],"manual":[]}}')
    second = await world.beta.publish(world.bob, "Look", quoted_id=known)
    quoting = f"https://beta.test/users/bob/statuses/{second}"
    await world.settle()
    assert await state(world.beta, quoting) == "rejected"
    assert await state(world.gamma, quoting) == "pending"
    assert await list_notified(world.alpha, world.ann) == []

    for_followers = await world.alpha.publish(world.ann, "For those who follow", quote_policy="followers")
    uri = f"https://alpha.test/users/ann/statuses/{for_followers}"
    known = await world.find_on_beta(for_followers)
    assert (await view_of(world.beta, uri, world.bob)).quote_permission == "denied"
    await follow(world.beta, world.bob, "@ann@alpha.test")
    await world.settle()
    assert (await view_of(world.beta, uri, world.bob)).quote_permission == "automatic"
    third = await world.beta.publish(world.bob, "Now", quoted_id=known)
    await world.settle()
    assert await state(world.beta, f"https://beta.test/users/bob/statuses/{third}") == "accepted"


async def test_changed_quote_policy_is_sent_to_peers(start: Start) -> None:
    world = await begin(start)
    await follow(world.beta, world.bob, "@ann@alpha.test")
    await world.settle()
    first = await world.alpha.publish(world.ann, "Mine")
    await world.settle()
    uri = f"https://alpha.test/users/ann/statuses/{first}"
    assert (await view_of(world.beta, uri, world.bob)).quote_permission == "automatic"
    async with world.alpha.db.write() as tx:
        await quotes.set_policy(tx, world.ann, first, "nobody")
    await world.settle()
    view = await view_of(world.beta, uri, world.bob)
    assert view.quote_permission == "denied"
    assert view.post.edited_at is None
    _, note = await document(world.alpha, uri)
    assert note["interactionPolicy"] == {"canQuote": {"automaticApproval": [world.ann.uri]}}


async def test_deleted_quoted_post_is_shown_as_deleted(start: Start) -> None:
    world = await begin(start)
    first = await world.alpha.publish(world.ann, "Mine")
    second = await world.beta.publish(world.bob, "Look", quoted_id=await world.find_on_beta(first))
    quoting = f"https://beta.test/users/bob/statuses/{second}"
    await world.settle()
    async with world.alpha.db.write() as tx:
        await post_removal.delete(tx, world.ann, first)
    await world.settle()
    assert await state(world.beta, quoting) == "deleted", "told because Bob quotes it"
    assert "quote" not in (await document(world.beta, quoting))[1]


async def test_edit_of_a_quoted_post_is_sent_to_the_peer(start: Start) -> None:
    world = await begin(start)
    first = await world.alpha.publish(world.ann, "Mine")
    await world.beta.publish(world.bob, "Look", quoted_id=await world.find_on_beta(first))
    await world.settle()
    async with world.alpha.db.write() as tx:
        await edits.edit(tx, world.alpha.site, world.ann, first, edits.PostEdit(text="Mine, mended"))
    await world.settle()
    assert await list_notified(world.beta, world.bob) == ["quoted_update", "follow"]


async def test_quote_of_an_own_post_needs_no_consent(start: Start) -> None:
    world = await begin(start)
    first = await world.beta.publish(world.bob, "Mine", quote_policy="nobody")
    second = await world.beta.publish(world.bob, "And again", quoted_id=first)
    await world.settle()
    quoting = f"https://beta.test/users/bob/statuses/{second}"
    assert await state(world.gamma, quoting) == "accepted"
    assert "quoteAuthorization" not in (await document(world.beta, quoting))[1]


async def test_quote_by_a_blocked_account_is_refused(start: Start) -> None:
    world = await begin(start)
    first = await world.alpha.publish(world.ann, "Mine")
    known = await world.find_on_beta(first)
    bob_there = await world.alpha.node.services.resolver.resolve_account("@bob@beta.test")
    async with world.alpha.db.write() as tx:
        # The peer is not told, as if the news were still on the way.
        uri = f"{world.ann.uri}#blocks/1"
        await block_queries.insert(tx, BlockRow(tx.new_id(), world.ann.id, bob_there.id, uri, tx.now))
    second = await world.beta.publish(world.bob, "Look", quoted_id=known)
    await world.settle()
    assert await state(world.beta, f"https://beta.test/users/bob/statuses/{second}") == "rejected"


async def receive(node: TestNode, author: AccountRow, **changes: Any) -> str:
    """Receive a post of a peer and return its URI."""
    uri = f"{author.uri}/statuses/{changes.pop('number')}"
    async with node.db.write() as tx:
        known = await accounts.find_by_uri(tx, author.uri)
        assert known is not None
        await remote_posts.receive(tx, known, build_remote_post(uri, author.uri, **changes))
    return uri


async def test_quote_authorization_out_of_reach_is_fetched_later(start: Start) -> None:
    world = await begin(start)
    first = await world.alpha.publish(world.ann, "Mine")
    second = await world.beta.publish(world.bob, "Look", quoted_id=await world.find_on_beta(first))
    quoting = f"https://beta.test/users/bob/statuses/{second}"
    await settle(world.alpha, world.beta)
    port = world.gamma.names.ports.pop("alpha.test")
    await world.settle()
    assert await state(world.beta, quoting) == "accepted"
    assert await state(world.gamma, quoting) == "pending"
    world.gamma.names.ports["alpha.test"] = port
    await world.settle()
    assert await state(world.gamma, quoting) == "pending", "not at once"
    world.gamma.clock.forward(seconds=600)
    await world.settle()
    assert await state(world.gamma, quoting) == "accepted"
    async with world.gamma.db.read() as tx:
        assert await job_queries.count_pending(tx) == 0


async def test_quote_without_consent_is_not_shown(start: Start) -> None:
    """Older software asks nobody; and an authorization counts for its two posts only."""
    world = await begin(start)
    first = await world.alpha.publish(world.ann, "Mine")
    other = await world.alpha.publish(world.ann, "Another")
    uri = f"https://alpha.test/users/ann/statuses/{first}"
    second = await world.beta.publish(world.bob, "Look", quoted_id=await world.find_on_beta(first))
    await world.settle()
    granted = (await document(world.beta, f"https://beta.test/users/bob/statuses/{second}"))[1][
        "quoteAuthorization"
    ]
    bob_there = await view_of(world.gamma, f"https://beta.test/users/bob/statuses/{second}")
    author = bob_there.account.account
    legacy = await receive(world.gamma, author, number=1, quote=RemoteQuote(uri, legacy=True))
    borrowed = await receive(world.gamma, author, number=2, quote=RemoteQuote(uri, granted))
    wrong_target = await receive(
        world.gamma,
        author,
        number=3,
        quote=RemoteQuote(f"https://alpha.test/users/ann/statuses/{other}", granted),
    )
    forged = await receive(
        world.gamma, author, number=4, quote=RemoteQuote(uri, "https://beta.test/users/bob/statuses/1")
    )
    silent = await receive(world.gamma, author, number=5, quote=RemoteQuote(uri))
    await world.settle()
    assert await state(world.gamma, legacy) == "unauthorized"
    assert await state(world.gamma, borrowed) == "rejected"
    assert await state(world.gamma, wrong_target) == "rejected"
    assert await state(world.gamma, forged) == "pending"
    assert await state(world.gamma, silent) == "pending"
    assert (await view_of(world.gamma, uri)).post.quotes_count == 1


async def test_chain_of_quotes_is_fetched_to_a_limit(start: Start) -> None:
    world = await begin(start)
    made = [await world.alpha.publish(world.ann, "0")]
    for number in range(1, 7):
        made.append(await world.alpha.publish(world.ann, str(number), quoted_id=made[-1]))
    await world.find_on_beta(made[-1])
    await world.settle()
    known = []
    for post_id in made:
        async with world.beta.db.read() as tx:
            known.append(
                await post_queries.find_by_uri(tx, f"https://alpha.test/users/ann/statuses/{post_id}")
            )
    assert [row is not None for row in known] == [False, False, False, True, True, True, True]


async def send(node: TestNode, actor: AccountRow, document: dict[str, Any]) -> None:
    """Deliver an activity signed by `actor` and let the node process it."""
    data = msgspec.json.encode(document)
    key: Any = load_private(keys.rsa(0)[0])
    request = build_request("POST", f"{node.base}/inbox")
    signed = cavage.sign(key, f"{actor.uri}#main-key", request, node.clock(), sha256(data))
    headers = {**signed, "Content-Type": ACTIVITY_JSON}
    async with node.http.post("/inbox", data=data, headers=headers) as answer:
        assert answer.status == 202
    await node.settle()


async def test_quote_answers_of_other_actors_are_ignored(start: Start) -> None:
    world = await begin(start)
    first = await world.alpha.publish(world.ann, "Mine")
    second = await world.beta.publish(world.bob, "Look", quoted_id=await world.find_on_beta(first))
    quoting = f"https://beta.test/users/bob/statuses/{second}"
    async with world.beta.db.read() as tx:
        quote = await quote_queries.find_by_post(tx, second)
    assert quote is not None
    assert quote.request_uri is not None
    asked = quote_request(quote.request_uri, world.bob.uri, quote.quoted_uri, quoting, [world.ann.uri])

    async def answer(who: AccountRow, number: int, kind: str, result: str | None) -> str:
        made = {"id": f"{who.uri}#a/{number}", "type": kind, "actor": who.uri, "object": asked}
        await send(world.beta, who, {**made, "result": result} if result else made)
        return await state(world.beta, quoting)

    assert await answer(world.eve, 1, "Accept", "https://gamma.test/granted/1") == "pending"
    assert await answer(world.ann, 2, "Accept", "https://gamma.test/granted/1") == "pending"
    assert await answer(world.ann, 3, "Accept", None) == "pending"
    assert await answer(world.eve, 4, "Reject", None) == "pending"
    granted = "https://alpha.test/granted/1"
    assert await answer(world.ann, 5, "Accept", granted) == "accepted"
    removal = {"type": "Delete", "object": granted, "to": [PUBLIC]}
    await send(world.beta, world.eve, {"id": f"{world.eve.uri}#d", "actor": world.eve.uri, **removal})
    assert await state(world.beta, quoting) == "accepted"
    await send(world.beta, world.ann, {"id": f"{world.ann.uri}#d", "actor": world.ann.uri, **removal})
    assert await state(world.beta, quoting) == "revoked"
    assert await answer(world.ann, 6, "Accept", granted) == "revoked", "an old answer changes nothing"


async def test_quote_request_for_a_post_of_another_actor_is_ignored(start: Start) -> None:
    world = await begin(start)
    first = await world.alpha.publish(world.ann, "Mine")
    quoted = f"https://alpha.test/users/ann/statuses/{first}"
    uri = f"{world.eve.uri}/statuses/1"
    note = {"id": uri, "type": "Note", "attributedTo": world.eve.uri, "content": "x", "to": [PUBLIC],
            "published": "2026-01-01T00:00:00Z", "quote": quoted, "interactionPolicy": {
                "canReply": {"always": f"{world.eve.uri}/followers"},
                "canQuote": {"manualApproval": ["as:Public", "https://x.test/c"]}}}  # fmt: skip

    async def send_request(number: int, **changes: Any) -> int:
        instrument = {**note, **changes}
        request = quote_request(f"{world.eve.uri}#q/{number}", world.eve.uri, quoted, instrument, [])
        await send(world.alpha, world.eve, request)
        return (await view_of(world.alpha, quoted)).post.quotes_count

    assert await send_request(1, attributedTo="https://gamma.test/users/mallory") == 0
    assert await send_request(2, id="https://beta.test/users/bob/1", attributedTo=world.bob.uri) == 0
    assert await send_request(3, id=f"{uri}3", quote="https://alpha.test/users/ann/statuses/1") == 0
    assert await send_request(4) == 1
    assert await send_request(5) == 1, "asked again, answered again"
    policy = post_policies.decode((await view_of(world.alpha, uri)).post.interaction_policy)
    assert policy.quote == post_policies.PostPolicyRule((), ("public", "unsupported_policy"))
    assert policy.reply == post_policies.PostPolicyRule(("followers",))
    assert policy.like is None
    assert await list_notified(world.alpha, world.ann) == ["quote"]
