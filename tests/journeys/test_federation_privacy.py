"""What is not for everybody does not leak; what is blocked stays out; what is forged is refused."""

from __future__ import annotations

import io

import msgspec
import pytest
from sqlalchemy import select

from activitypub import activities
from activitypub.keys import load_private
from activitypub.signatures import cavage
from activitypub.signatures.digest import sha256
from activitypub.terms import ACTIVITY_JSON, PUBLIC
from fedserver.domain.accounts import account_removal, accounts, relations
from fedserver.domain.peers import peers
from fedserver.domain.peers.peers import PeerDecision
from fedserver.domain.posts import edits, post_removal
from fedserver.domain.relationships import followers, follows
from fedserver.domain.timelines import timelines, visibility
from fedserver.federation.signing import build_request
from storage.engine import Page
from storage.queries.posts import posts as post_queries
from storage.tables.posts import originals
from tests.journeys.test_federation import follow, home, settle
from tests.kit import keys
from tests.kit.nodes import Start, TestNode


async def status_of(node: TestNode, path: str) -> int:
    async with node.http.get(path, headers={"Accept": ACTIVITY_JSON}) as answer:
        return answer.status


async def test_follow_of_a_locked_account_waits_for_approval(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    async with beta.db.write() as tx:
        await accounts.update_profile(tx, beta.site, bob, accounts.ProfileChange(locked=True))
    remote_bob = await follow(alpha, ann, "@bob@beta.test")
    await settle(alpha, beta)
    async with alpha.db.read() as tx:
        (asked,) = await relations.load(tx, ann.id, [remote_bob.id])
    assert asked.requested
    assert not asked.following
    await beta.publish(bob, "before", visibility="followers")
    await settle(alpha, beta)
    assert await home(alpha, ann) == []
    async with beta.db.write() as tx:
        ((_, ann_there),) = await followers.list_requests(tx, bob, Page())
        await follows.accept_request(tx, await accounts.get(tx, bob.id), ann_there)
    await settle(alpha, beta)
    async with alpha.db.read() as tx:
        (accepted,) = await relations.load(tx, ann.id, [remote_bob.id])
    assert accepted.following
    assert not accepted.requested
    await beta.publish(bob, "after", visibility="followers")
    await settle(alpha, beta)
    assert [view.post.visibility for view in await home(alpha, ann)] == ["followers"]


async def test_private_posts_reach_their_audience_only(start: Start) -> None:
    alpha, beta, gamma = [await start(f"{name}.test") for name in ("alpha", "beta", "gamma")]
    ann, bob, eve = (
        await alpha.create_member("ann"),
        await beta.create_member("bob"),
        await gamma.create_member("eve"),
    )
    await follow(alpha, ann, "@bob@beta.test")
    await settle(alpha, beta, gamma)
    await beta.node.services.resolver.resolve_account("@eve@gamma.test")
    for_followers = await beta.publish(bob, "for followers", visibility="followers")
    direct = await beta.publish(bob, "only you @eve@gamma.test", visibility="direct")
    local = await beta.publish(bob, "members only", visibility="local")
    await settle(alpha, beta, gamma)
    uri = f"https://beta.test/users/bob/statuses/{for_followers}"
    direct_uri = f"https://beta.test/users/bob/statuses/{direct}"
    async with alpha.db.read() as tx:
        assert await post_queries.find_by_uri(tx, uri) is not None
        assert await post_queries.find_by_uri(tx, direct_uri) is None
    async with gamma.db.read() as tx:
        assert await post_queries.find_by_uri(tx, uri) is None
        row = await post_queries.find_by_uri(tx, direct_uri)
        assert row is not None
        assert row.visibility == "direct"
        assert (await visibility.get(tx, row.id, eve.id)).id == row.id
        assert await timelines.list_public(tx, eve.id, Page()) == []
    for post_id in (for_followers, direct, local):
        assert await status_of(beta, f"/users/bob/statuses/{post_id}") == 404
    assert await gamma.node.services.resolver.resolve_post(uri) is None
    async with beta.http.get(f"/@bob/{for_followers}", headers={"Accept": "text/html"}) as page:
        assert page.status == 404
    async with beta.http.get("/users/bob/outbox?page=true", headers={"Accept": ACTIVITY_JSON}) as answer:
        assert (await answer.json(content_type=None))["orderedItems"] == []


async def test_reply_to_a_local_only_post_does_not_leave_the_node(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob, eve = (
        await alpha.create_member("ann"),
        await beta.create_member("bob"),
        await beta.create_member("eve"),
    )
    await follow(alpha, ann, "@bob@beta.test")
    await settle(alpha, beta)
    inside = await beta.publish(eve, "members only", visibility="local")
    uris = {}
    for audience in ("public", "followers", "direct"):
        text = f"{audience} @ann@alpha.test"
        reply = await beta.publish(bob, text, visibility=audience, in_reply_to_id=inside)
        uris[audience] = f"https://beta.test/users/bob/statuses/{reply}"
    async with beta.db.write() as tx:
        await edits.edit(tx, beta.site, bob, reply, edits.PostEdit(text="edited @ann@alpha.test"))
    await settle(alpha, beta)
    async with alpha.db.read() as tx:
        rows = {name: await post_queries.find_by_uri(tx, uri) for name, uri in uris.items()}
        documents = await tx.values(select(originals.c.document))
    assert [name for name, row in rows.items() if row is not None] == ["direct"]
    assert documents
    assert not [document for document in documents if str(inside) in document]
    for uri in uris.values():
        assert await status_of(beta, uri.removeprefix("https://beta.test")) == 404


@pytest.mark.parametrize("mode", ["block", "allowlist"])
async def test_nodes_that_block_each_other_exchange_nothing(start: Start, mode: str) -> None:
    alpha = await start("alpha.test")
    beta = await start("beta.test", mode="allowlist" if mode == "allowlist" else "open")
    ann = await alpha.create_member("ann")
    await beta.create_member("bob")
    if mode == "block":
        async with beta.db.write() as tx:
            await peers.decide(tx, None, "ALPHA.test.", PeerDecision("block", "spam"))
    # Even what is public is not given to a signed request of theirs.
    assert await alpha.node.services.resolver.resolve_account("@bob@beta.test") is None
    assert await beta.node.services.resolver.resolve_account("@ann@alpha.test") is None
    async with beta.db.read() as tx:
        assert await accounts.find_by_handle(tx, "ann", "alpha.test") is None
    async with beta.db.write() as tx:
        await peers.decide(tx, None, "alpha.test", PeerDecision("allow", "agreed"))
    alpha.clock.forward(seconds=400)
    assert await beta.node.services.resolver.resolve_account("@ann@alpha.test") is not None
    assert await follow(alpha, ann, "@bob@beta.test")
    await settle(alpha, beta)
    assert (await home(alpha, ann)) == []


async def test_authorized_fetch_without_a_signature_is_refused(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test", authorized_fetch=True)
    await alpha.create_member("ann")
    bob = await beta.create_member("bob")
    post_id = await beta.publish(bob, "hello")
    for path in ("/users/bob", f"/users/bob/statuses/{post_id}", "/users/bob/outbox"):
        assert await status_of(beta, path) == 401
    assert await status_of(beta, "/actor") == 200
    assert await alpha.node.services.resolver.resolve_account("@bob@beta.test") is not None
    assert (
        await alpha.node.services.resolver.resolve_post(f"https://beta.test/users/bob/statuses/{post_id}")
        is not None
    )


async def test_inbox_with_forged_foreign_or_malformed_activities_refuses_them(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await alpha.node.services.resolver.resolve_account("@bob@beta.test")
    key = load_private(keys.rsa(0)[0])

    async def send(document: object, key_id: str, *, body: bytes | None = None, late: int = 0) -> int:
        data = body if body is not None else msgspec.json.encode(document)
        request = build_request("POST", f"{alpha.base}/inbox")
        signed = cavage.sign(key, key_id, request, alpha.clock() - late, sha256(data))  # type: ignore[arg-type]
        headers = {**signed, "Content-Type": ACTIVITY_JSON}
        async with alpha.http.post("/inbox", data=data, headers=headers) as answer:
            return answer.status

    note = {"id": f"{bob.uri}/1", "type": "Note", "attributedTo": bob.uri, "content": "x", "to": [PUBLIC],
            "cc": [], "published": "2026-01-01T00:00:00Z"}  # fmt: skip
    create = activities.create(f"{bob.uri}/1/activity", bob.uri, note)
    good = f"{bob.uri}#main-key"
    assert await send(create, good) == 202
    assert await send(create, good) == 202
    assert await send({**create, "actor": "https://gamma.test/u"}, good) == 403
    assert await send({**create, "id": "https://gamma.test/1"}, good) == 403
    assert await send(create, f"{ann.uri}#main-key") in (401, 403)
    assert await send(create, "https://nowhere.test/key") == 401
    assert await send(create, good, late=13 * 3_600_000) == 401
    assert await send(None, good, body=b"{") == 400
    assert await send(None, good, body=b"[" * 5_000) == 400
    assert await send(None, good, body=b'{"type":"Create"}') == 400
    async with alpha.http.post("/inbox", json=create) as answer:
        assert answer.status == 401
    async with alpha.http.post(
        "/inbox", data=io.BytesIO(b"x" * 1_100_000), headers={"Content-Type": ACTIVITY_JSON}
    ) as big:
        assert big.status == 413
    gone = activities.delete_actor("https://far.test/u#delete", "https://far.test/u")
    async with alpha.http.post(
        "/inbox", data=msgspec.json.encode(gone), headers={"Content-Type": ACTIVITY_JSON}
    ) as answer:
        assert answer.status == 202


async def test_article_federates_and_its_likes_are_counted(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await follow(alpha, ann, "@bob@beta.test")
    await settle(alpha, beta)
    draft = {"kind": "Article", "title": "How to mend", "content_type": "text/markdown", "summary": "Short."}
    post_id = await beta.publish(bob, "## First\n\nUnplug **it**.", **draft)
    await settle(alpha, beta)
    (view,) = await home(alpha, ann)
    assert (view.post.kind, view.post.title, view.post.summary) == ("Article", "How to mend", "Short.")
    assert '<h2 id="user-content-first">First</h2>' in view.post.html
    assert view.post.url == "https://beta.test/@bob/how-to-mend"
    token = await alpha.create_token(ann)
    async with alpha.http.post(
        f"/api/v1/statuses/{view.post.id}/favourite", headers={"Authorization": f"Bearer {token}"}
    ) as answer:
        assert answer.status == 200
    await settle(alpha, beta)
    async with beta.http.get("/blog?order=helpful&window=week", headers={"Accept": "text/html"}) as page:
        text = await page.text()
    assert "How to mend" in text
    assert "Helpful to 1 person" in text
    async with beta.http.get("/@bob/how-to-mend", headers={"Accept": ACTIVITY_JSON}) as answer:
        document = await answer.json(content_type=None)
    assert document["id"] == f"https://beta.test/users/bob/articles/{post_id}"
    assert document["type"] == "Article"
    async with beta.http.get("/@bob/blog.atom") as feed:
        assert "How to mend" in await feed.text()


async def test_deleted_posts_and_accounts_disappear_on_peers(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await follow(alpha, ann, "@bob@beta.test")
    await settle(alpha, beta)
    post_id = await beta.publish(bob, "soon gone")
    await settle(alpha, beta)
    async with beta.db.write() as tx:
        await post_removal.delete(tx, bob, post_id)
    await settle(alpha, beta)
    assert await status_of(beta, f"/users/bob/statuses/{post_id}") == 410
    assert await home(alpha, ann) == []
    async with beta.db.write() as tx:
        await account_removal.delete_local(tx, await accounts.get(tx, bob.id))
    await settle(alpha, beta)
    assert await status_of(beta, "/users/bob") == 410
    async with alpha.db.read() as tx:
        assert await accounts.find_by_handle(tx, "bob", "beta.test") is None
