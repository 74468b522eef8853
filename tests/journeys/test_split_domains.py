"""An account whose actor is on one host and whose handle is of another: policies ask about both hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from activitypub.document import Document
from activitypub.signatures import cavage
from activitypub.terms import ACTIVITY_JSON, PUBLIC
from fedserver.domain.accounts import accounts
from fedserver.domain.peers import peers
from fedserver.domain.peers.peers import PeerDecision
from fedserver.domain.relationships import follows
from fedserver.federation.signing import build_request
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from tests.kit import pictures, tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.signed_requests import StubPeer, deliver, load_private_key

ACTOR, HANDLE = "https://front.test/users/x", "x@blocked.test"
JRD = "application/jrd+json"
WHEN = "2026-11-18T00:00:00Z"
# The handle is of one of these, the actor on the other; and the domain that is decided about may be a parent.
SIDES = ["blocked.test", "front.test"]


class Lab:
    """alpha.test with a member, and the hosts of a split account."""

    def __init__(self, alpha: TestNode, ann: AccountRow, front: StubPeer, blocked: StubPeer) -> None:
        self.alpha, self.ann, self.front, self.blocked = alpha, ann, front, blocked
        self.resolver = alpha.node.services.resolver

    async def decide(self, domain: str, policy: str, **more: Any) -> None:
        async with self.alpha.db.write() as tx:
            await peers.decide(tx, None, domain, PeerDecision(policy, **more))

    async def revoke(self, domain: str) -> None:
        async with self.alpha.db.write() as tx:
            await peers.reset(tx, None, domain)

    async def find_account(self, uri: str = ACTOR) -> AccountRow | None:
        async with self.alpha.db.read() as tx:
            return await accounts.find_by_uri(tx, uri)

    async def get_account(self) -> AccountRow:
        account = await self.find_account()
        assert account is not None
        return account

    async def find_post(self, uri: str) -> Any:
        async with self.alpha.db.read() as tx:
            return await post_queries.find_by_uri(tx, uri)

    async def settle(self) -> None:
        while await self.alpha.settle():
            pass

    async def follow(self, account: AccountRow | None) -> None:
        assert account is not None
        async with self.alpha.db.write() as tx:
            await follows.follow(tx, self.alpha.site, self.ann, account)
            assert await follows.receive_answer(tx, account, self.ann.id, None, accepted=True)


def serve_handle(peer: StubPeer, asked: str, subject: str, actor: str = ACTOR) -> None:
    links = [{"rel": "self", "type": ACTIVITY_JSON, "href": actor}]
    path = f"/.well-known/webfinger?resource=acct:{asked}"
    peer.serve(path, {"subject": f"acct:{subject}", "links": links}, kind=JRD)


def serve_split_account(front: StubPeer, blocked: StubPeer, **changes: Any) -> None:
    front.serve_actor("x", **changes)
    serve_handle(front, "x@front.test", HANDLE)
    serve_handle(blocked, HANDLE, HANDLE)


def make_note(name: str, actor: str = ACTOR, **changes: Any) -> Document:
    return {
        "id": f"{actor}/{name}", "type": "Note", "attributedTo": actor, "content": f"<p>{name}</p>",
        "to": [PUBLIC], "cc": [], "published": WHEN, **changes,
    }  # fmt: skip


def make_activity(kind: str, about: Any, actor: str = ACTOR, name: str = "act") -> Document:
    return {"id": f"{actor}/{name}", "type": kind, "actor": actor, "object": about, "to": [PUBLIC]}


def sign_get(node: TestNode, path: str) -> dict[str, str]:
    request = build_request("GET", node.base + path)
    signed = cavage.sign(load_private_key(), f"{ACTOR}#main-key", request, node.clock())
    return {"Accept": ACTIVITY_JSON, **signed}


@asynccontextmanager
async def open_lab(start: Start, names: tls.LoopbackResolver, **config: Any) -> AsyncIterator[Lab]:
    alpha = await start("alpha.test", **config)
    ann = await alpha.create_member("ann")
    async with StubPeer(names, "front.test") as front, StubPeer(names, "blocked.test") as blocked:
        serve_split_account(front, blocked)
        yield Lab(alpha, ann, front, blocked)


@pytest.mark.parametrize("domain", SIDES)
async def test_split_account_of_a_blocked_host_is_refused_in_the_inbox(
    start: Start, names: tls.LoopbackResolver, domain: str
) -> None:
    async with open_lab(start, names) as lab:
        await lab.decide(domain, "block")
        note = make_note(
            "1", tag=[{"type": "Mention", "href": lab.ann.uri, "name": "@ann"}], to=[lab.ann.uri]
        )
        for name, kind, about in (("f", "Follow", lab.ann.uri), ("c", "Create", note)):
            status = await deliver(lab.alpha, make_activity(kind, about, name=name))
            assert status == 403
        signed = sign_get(lab.alpha, "/users/ann")
        async with lab.alpha.http.get("/users/ann", headers=signed) as answer:
            assert answer.status == 403
        asked = len(lab.front.requested_paths)
        assert await deliver(lab.alpha, make_activity("Like", note["id"], name="again")) == 403
        assert len(lab.front.requested_paths) == asked, "the refused account was read again"
        await lab.settle()
        assert await lab.find_account() is None
        assert await lab.find_post(note["id"]) is None


@pytest.mark.parametrize("domain", SIDES)
async def test_split_account_of_a_blocked_host_is_not_found_by_search_or_mention(
    start: Start, names: tls.LoopbackResolver, domain: str
) -> None:
    async with open_lab(start, names) as lab:
        await lab.decide(domain, "block")
        lab.front.serve("/users/x/1", make_note("1"))
        api = Api(lab.alpha, await lab.alpha.create_token(lab.ann))
        for query in (f"@{HANDLE}", "@x@front.test", ACTOR, f"{ACTOR}/1"):
            answer = await api.request("GET", "/api/v2/search", params={"q": query, "resolve": "true"})
            assert answer.body == {"accounts": [], "statuses": [], "hashtags": []}, query
        text = f"Hello @x@front.test and @{HANDLE}"
        posted = await api.request("POST", "/api/v1/statuses", json={"status": text})
        assert posted.body["mentions"] == []
        await lab.settle()
        assert await lab.find_account() is None
        if domain == "blocked.test":
            assert lab.blocked.requested_paths == [], "the blocked host was asked about its handle"


@pytest.mark.parametrize("domain", SIDES)
async def test_post_of_a_split_account_of_a_blocked_host_is_not_fetched_for_others(
    start: Start, names: tls.LoopbackResolver, domain: str
) -> None:
    async with open_lab(start, names) as lab, StubPeer(names, "good.test") as good:
        await lab.decide(domain, "block")
        booster = good.serve_actor("booster")
        await lab.follow(await lab.resolver.resolve_account("@booster@good.test"))
        post = make_note("1")
        lab.front.serve("/users/x/1", post)
        reply = make_note("r", booster, inReplyTo=post["id"])
        quote = make_note("q", booster, quote=post["id"], quoteUrl=post["id"])
        activities = (("Announce", post["id"]), ("Create", reply), ("Create", quote))
        for number, (kind, about) in enumerate(activities):
            activity = make_activity(kind, about, booster, f"act{number}")
            assert await deliver(lab.alpha, activity) == 202
        await lab.settle()
        assert await lab.find_post(reply["id"]) is not None
        assert await lab.find_post(post["id"]) is None
        assert await lab.find_account() is None


@pytest.mark.parametrize("allowed", [("front.test",), ("blocked.test",)])
async def test_split_account_needs_both_hosts_on_an_allowlist(
    start: Start, names: tls.LoopbackResolver, allowed: tuple[str, ...]
) -> None:
    async with open_lab(start, names, mode="allowlist") as lab:
        await lab.decide(allowed[0], "allow")
        follow = make_activity("Follow", lab.ann.uri)
        assert await deliver(lab.alpha, follow) == 403
        assert await lab.resolver.resolve_account(f"@{HANDLE}") is None
        assert await lab.find_account() is None
        for domain in SIDES:
            await lab.decide(domain, "allow")
        lab.alpha.clock.forward(seconds=301)
        assert await deliver(lab.alpha, follow) == 202
        assert (await lab.get_account()).domain == "blocked.test"


async def test_post_of_an_account_off_the_allowlist_is_not_fetched(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with open_lab(start, names, mode="allowlist") as lab:
        for domain in SIDES:
            await lab.decide(domain, "allow")
        assert await lab.resolver.resolve_account(f"@{HANDLE}") is not None
        await lab.revoke("blocked.test")
        lab.front.serve("/users/x/1", make_note("1"))
        assert await lab.resolver.resolve_post(f"{ACTOR}/1") is None
        assert await deliver(lab.alpha, make_activity("Create", make_note("2"))) == 403


@pytest.mark.parametrize("domain", [*SIDES, "test"])
async def test_block_of_either_host_reaches_split_accounts_that_are_stored(
    start: Start, names: tls.LoopbackResolver, domain: str
) -> None:
    async with open_lab(start, names) as lab:
        await lab.follow(await lab.resolver.resolve_account(f"@{HANDLE}"))
        note = make_note("1")
        assert await deliver(lab.alpha, make_activity("Create", note)) == 202
        await lab.settle()
        api = Api(lab.alpha, await lab.alpha.create_token(lab.ann))
        assert [status["uri"] for status in await api.get("/api/v1/timelines/home")] == [note["id"]]
        await lab.decide(domain, "block")
        assert (await lab.get_account()).suspended_at is not None
        assert await api.get("/api/v1/timelines/home") == []
        later = make_activity("Create", make_note("2"), name="later")
        assert await deliver(lab.alpha, later) == 403
        async with lab.alpha.http.get("/users/ann", headers=sign_get(lab.alpha, "/users/ann")) as answer:
            assert answer.status == 403
        await lab.revoke(domain)
        assert (await lab.get_account()).suspended_at is None
        assert await deliver(lab.alpha, later) == 202


@pytest.mark.parametrize("domain", SIDES)
async def test_limit_of_either_host_limits_split_accounts(
    start: Start, names: tls.LoopbackResolver, domain: str
) -> None:
    async with open_lab(start, names) as lab:
        await lab.decide(domain, "limit")
        await lab.resolver.resolve_account(f"@{HANDLE}")
        assert (await lab.get_account()).silenced_at is not None
        await lab.revoke(domain)
        assert (await lab.get_account()).silenced_at is None
        await lab.decide(domain, "limit")
        assert (await lab.get_account()).silenced_at is not None


@pytest.mark.parametrize("policy", ["block", "limit"])
async def test_account_whose_handle_moves_to_a_decided_host_falls_under_the_decision(
    start: Start, names: tls.LoopbackResolver, policy: str
) -> None:
    async with open_lab(start, names) as lab:
        serve_handle(lab.front, "x@front.test", "x@front.test")
        await lab.follow(await lab.resolver.resolve_account("@x@front.test"))
        await lab.decide("blocked.test", policy)
        serve_handle(lab.front, "x@front.test", HANDLE)
        lab.alpha.clock.forward(days=2)
        assert await deliver(lab.alpha, make_activity("Update", ACTOR)) == 202
        await lab.settle()
        account = await lab.get_account()
        if policy == "limit":
            assert (account.domain, account.silenced_at is not None) == ("blocked.test", True)
            return
        assert account.suspended_at is not None
        async with lab.alpha.db.read() as tx:
            assert await follow_queries.find(tx, lab.ann.id, account.id) is None
        await lab.revoke("blocked.test")
        assert (await lab.get_account()).suspended_at is None


@pytest.mark.parametrize("domain", [*SIDES, "cdn.test"])
async def test_rejected_media_of_any_host_are_not_shown(
    start: Start, names: tls.LoopbackResolver, domain: str
) -> None:
    async with open_lab(start, names) as lab, StubPeer(names, "cdn.test") as cdn:
        icon = cdn.serve("/x.png", pictures.make_picture(), kind="image/png")
        serve_split_account(lab.front, lab.blocked, icon={"type": "Image", "url": icon})
        await lab.resolver.resolve_account(f"@{HANDLE}")
        api = Api(lab.alpha, await lab.alpha.create_token(lab.ann))
        account_path = f"/api/v1/accounts/{(await lab.get_account()).id}"
        shown = (await api.get(account_path))["avatar"].removeprefix(lab.alpha.base)
        await lab.decide(domain, "", rejects_media=True)
        async with lab.alpha.http.get(shown) as answer:
            assert answer.status == 404
        lab.alpha.clock.forward(days=2)
        await lab.resolver.resolve_account(f"@{HANDLE}")
        stored = (await lab.get_account()).avatar_url
        assert stored == (icon if domain == "cdn.test" else "")
        assert cdn.requested_paths == []


async def test_files_of_an_allowed_peer_may_be_on_a_host_that_is_on_no_list(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with open_lab(start, names, mode="allowlist") as lab, StubPeer(names, "cdn.test") as cdn:
        icon = cdn.serve("/x.png", pictures.make_picture(), kind="image/png")
        serve_split_account(lab.front, lab.blocked, icon={"type": "Image", "url": icon})
        for domain in SIDES:
            await lab.decide(domain, "allow")
        account = await lab.resolver.resolve_account(f"@{HANDLE}")
        assert account is not None
        api = Api(lab.alpha, await lab.alpha.create_token(lab.ann))
        shown = (await api.get(f"/api/v1/accounts/{account.id}"))["avatar"].removeprefix(lab.alpha.base)
        async with lab.alpha.http.get(shown) as answer:
            assert answer.status == 200
        await lab.decide("cdn.test", "block")
        async with lab.alpha.http.get(shown) as answer:
            assert answer.status == 404


@pytest.mark.parametrize("domain", SIDES)
async def test_reports_of_a_split_account_are_rejected_by_either_host(
    start: Start, names: tls.LoopbackResolver, domain: str
) -> None:
    async with open_lab(start, names) as lab:
        moderator = await lab.alpha.create_member("mod", role="moderator")
        token = await lab.alpha.create_token(moderator, "admin:read")
        await lab.resolver.resolve_account(f"@{HANDLE}")
        await lab.decide(domain, "", rejects_reports=True)
        assert await deliver(lab.alpha, make_activity("Flag", [lab.ann.uri])) == 202
        await lab.settle()
        assert await Api(lab.alpha, token).get("/api/v1/admin/reports") == []
        await lab.revoke(domain)
        assert await deliver(lab.alpha, make_activity("Flag", [lab.ann.uri], name="again")) == 202
        await lab.settle()
        assert len(await Api(lab.alpha, token).get("/api/v1/admin/reports")) == 1


@pytest.mark.parametrize("is_sent_by_new", [False, True])
async def test_move_from_a_blocked_host_takes_nobody_along(
    start: Start, names: tls.LoopbackResolver, is_sent_by_new: bool
) -> None:
    async with open_lab(start, names) as lab, StubPeer(names, "good.test") as good:
        new = good.serve_actor("new", alsoKnownAs=[ACTOR])
        await lab.follow(await lab.resolver.resolve_account(f"@{HANDLE}"))
        serve_split_account(lab.front, lab.blocked, movedTo=new)
        await lab.decide("blocked.test", "block")
        move = make_activity("Move", ACTOR, new if is_sent_by_new else ACTOR)
        status = await deliver(lab.alpha, {**move, "target": new})
        assert status == (202 if is_sent_by_new else 403)
        await lab.settle()
        target = await lab.find_account(new)
        async with lab.alpha.db.read() as tx:
            assert target is None or await follow_queries.find(tx, lab.ann.id, target.id) is None
        assert (await lab.get_account()).moved_to_id is None


@pytest.mark.parametrize("subject", ["x@evil.test", HANDLE])
async def test_handle_that_another_host_gives_to_an_actor_is_refused(
    start: Start, names: tls.LoopbackResolver, subject: str
) -> None:
    async with open_lab(start, names) as lab, StubPeer(names, "evil.test") as evil:
        serve_handle(lab.front, "x@front.test", "x@front.test")
        assert await lab.resolver.resolve_account("@x@front.test") is not None
        await lab.decide("blocked.test", "block")
        await lab.decide("evil.test", "limit")
        # Neither while the actor's own host confirms the true handle, nor while it says nothing.
        for answers in (True, False):
            if not answers:
                del lab.front.pages["/.well-known/webfinger?resource=acct:x@front.test"]
            serve_handle(evil, "x@evil.test", subject)
            await lab.resolver.resolve_account("@x@evil.test")
            account = await lab.get_account()
            assert (account.domain, account.suspended_at, account.silenced_at) == ("front.test", None, None)


async def test_handle_on_the_host_that_led_to_an_actor_counts_where_its_own_says_nothing(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with open_lab(start, names) as lab:
        del lab.front.pages["/.well-known/webfinger?resource=acct:x@front.test"]
        account = await lab.resolver.resolve_account(f"@{HANDLE}")
        assert account is not None
        assert account.domain == "blocked.test"


async def test_closed_node_reads_nothing_of_peers_even_for_admins(
    start: Start, names: tls.LoopbackResolver
) -> None:
    async with open_lab(start, names, mode="closed") as lab:
        await lab.decide("front.test", "allow")
        for address in (f"@{HANDLE}", ACTOR):
            assert await lab.resolver.resolve_account(address) is None
        assert await lab.resolver.fetch_node_actor("front.test", require_allowed=False) is None
        assert await lab.resolver.fetch_actor(ACTOR, require_allowed=False) is None
        assert lab.front.requested_paths == []
        assert await deliver(lab.alpha, make_activity("Follow", lab.ann.uri)) == 403


async def test_redirect_to_a_blocked_host_leads_nowhere(start: Start, names: tls.LoopbackResolver) -> None:
    async with open_lab(start, names) as lab, StubPeer(names, "good.test") as good:
        actor = lab.blocked.serve_actor("y")
        lab.blocked.serve("/users/y/1", make_note("1", actor))
        account = good.serve_redirect("/y", actor)
        post = good.serve_redirect("/1", f"{actor}/1")
        await lab.decide("blocked.test", "block")
        for address in (account, post):
            assert await lab.resolver.resolve_address(address) is None
        assert await lab.resolver.resolve_post(post) is None
        for address in (account, post):
            assert await lab.resolver.fetch_document(address) is None
        assert await lab.find_account(actor) is None
