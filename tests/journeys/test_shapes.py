"""What other software really sends goes through the inbox and comes out as a person would expect it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from activitypub.keys import load_private
from activitypub.signatures import proofs
from storage.rows.accounts import AccountRow
from tests.journeys.shapes import articles_and_videos, groups, microblogs
from tests.journeys.shapes.shape import Shape, act, emoji, public
from tests.kit import databases, keys, nodes, tls
from tests.kit.api import Api
from tests.kit.clock import Clock
from tests.kit.nodes import TestNode
from tests.kit.peers import CONTENT_TYPE, PUBLIC, Document, StubPeers
from tests.kit.visitors import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROWS = (*microblogs.ROWS, *articles_and_videos.ROWS, *groups.ROWS)
HOSTS = {urlsplit(entry["id"]).netloc for row in ROWS for entry in (row.followed, *row.served)}


class Lab:
    """One node with Ann, who reads what all these peers send."""

    def __init__(self, node: TestNode, ann: AccountRow, api: Api, browser: Visitor, peers: StubPeers) -> None:
        self.node, self.ann, self.api, self.browser, self.peers = node, ann, api, browser, peers

    async def follow(self, target: Document) -> dict[str, Any]:
        """Ann follows an actor, who accepts with nothing but the id of the Follow, as Mitra does."""
        self.peers.serve(target)
        found = (await self.api.get("/api/v2/search", q=target["id"], resolve="true"))["accounts"]
        assert found, target["id"]
        relation = await self.api.post(f"/api/v1/accounts/{found[0]['id']}/follow")
        await self.settle()
        if relation["requested"]:
            asked = [activity for activity in self.peers.received if activity["object"] == target["id"]]
            await self.send(target, act("Accept", target["id"], asked[-1]["id"]))
        return found[0]  # type: ignore[no-any-return]

    async def send(self, sender: Document, *activities: Document) -> None:
        for activity in activities:
            assert await self.peers.deliver(self.node, sender["id"], activity) == 202
            await self.settle()

    async def settle(self) -> None:
        while await self.node.settle():
            pass

    async def home(self, uri: str) -> list[dict[str, Any]]:
        """Return the home entries with that address; other tests fill this timeline, too."""
        found, page = [], await self.api.get("/api/v1/timelines/home", limit=40)
        while page:
            found += [
                status for status in page if uri in (status["uri"], (status["reblog"] or {}).get("uri"))
            ]
            page = await self.api.get("/api/v1/timelines/home", limit=40, max_id=page[-1]["id"])
        return found


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=["sqlite", "postgresql"])
async def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    folder, names = tmp_path_factory.mktemp("shapes"), tls.LoopbackResolver()
    url = nodes.new_database(request.param, folder, "alpha.test")
    node = await nodes.start_node("alpha.test", folder, names, Clock(), url)
    async with StubPeers(names, *sorted(HOSTS)) as peers:
        ann = await node.create_member("ann")
        browser = Visitor(node)
        await browser.fill_in("/login", "password", username="ann", password=nodes.PASSWORD)
        yield Lab(node, ann, Api(node, await node.create_token(ann)), browser, peers)
    await node.close()
    if request.param == "postgresql":
        databases.release(url)


def holds(found: Any, wanted: Any, place: str = "") -> None:
    """`wanted` is a part of `found`; of a list all elements are compared."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict), (place, found)
        for name, value in wanted.items():
            holds(found[name], value, f"{place}.{name}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), (place, found)
        for number, value in enumerate(wanted):
            holds(found[number], value, f"{place}[{number}]")
    else:
        assert found == wanted, place


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.software)
async def test_document_of_other_software_is_read(lab: Lab, row: Shape) -> None:
    lab.peers.serve(*row.served)
    followed = await lab.follow(row.followed)
    assert followed["group"] is (row.followed["type"] == "Group")
    await lab.send(row.followed, *row.sent)
    shown = await lab.home(row.uri)
    assert len(shown) == 1, shown
    assert (shown[0]["reblog"] is not None) is row.boosted
    assert shown[0]["account"]["id"] == followed["id"]
    status = shown[0]["reblog"] or shown[0]
    holds(status, row.status)
    for words in row.says:
        assert words in status["content"], (words, status["content"])
    page = await lab.browser.open(f"/@{status['account']['acct']}/{status['id']}")
    assert page.status == 200
    for words in row.page:
        assert words in page.text, (words, page.text[page.text.find("<main") :])
    assert not [words for words in row.hidden if words in page.text + status["content"]]


async def test_emoji_reactions_count_as_likes_and_are_shown(lab: Lab) -> None:
    """React as Akkoma and Misskey do (FEP-c0e0): one like a person, emoji with counts, each undone alone."""
    aki, mia = microblogs.AKI, microblogs.MIA
    lab.peers.serve(aki, mia)
    await lab.api.post(f"/api/v1/accounts/{(await lab.follow(aki))['id']}/unfollow")
    status = await lab.api.post("/api/v1/statuses", status="Cake is ready", visibility="unlisted")
    cat = emoji("misskey.test", "cat")

    def react(actor: Document, number: int, kind: str = "EmojiReact", **more: Any) -> Document:
        return act(kind, actor["id"], status["uri"], **more) | {"id": f"{actor['id']}/reactions/{number}"}

    async def shown() -> tuple[int, list[tuple[str, int]]]:
        found = await lab.api.get(f"/api/v1/statuses/{status['id']}")
        return found["favourites_count"], [
            (reaction["name"], reaction["count"]) for reaction in found.get("reactions", ())
        ]

    party, fire = react(aki, 1, content="🎉"), react(aki, 2, content="🔥")
    meow = react(mia, 3, "Like", content=":cat@.:", _misskey_reaction=":cat@.:", tag=[cat])
    await lab.send(
        aki, party, fire, react(aki, 4, "Like"), react(aki, 5, content="🎉"), react(aki, 6, content="no")
    )
    await lab.send(mia, meow, react(mia, 7, "Like", _misskey_reaction="🎉"), react(mia, 8, content=":none:"))
    assert await shown() == (2, [("🎉", 2), ("🔥", 1), ("cat", 1)])
    told = await lab.api.get("/api/v1/notifications", **{"types[]": "favourite"})
    here = [row["account"]["acct"] for row in told if row["status"]["id"] == status["id"]]
    assert here == ["mia@misskey.test", "aki@akkoma.test"]
    page = await lab.browser.open(f"/@ann/{status['id']}")
    assert "🔥 <span>1</span>" in page.text
    assert 'alt=":cat:"' in page.text
    assert (
        "https://misskey.test/emoji/cat.png" not in page.text.replace("%3A", ":")[: page.text.find("/media/")]
    )

    # Nobody takes back what another did; the like goes with its last emoji, or stays by itself.
    for stolen in (party, party["id"]):
        await lab.send(mia, act("Undo", mia["id"], stolen) | {"id": f"{mia['id']}/stolen/{len(stolen)}"})
    assert await shown() == (2, [("🎉", 2), ("🔥", 1), ("cat", 1)])
    for reaction in (meow, react(mia, 7, "Like"), react(mia, 9, "Like")):
        await lab.send(
            mia, act("Undo", mia["id"], {**reaction, "id": reaction["id"]}) | {"id": f"{reaction['id']}/undo"}
        )
    assert await shown() == (1, [("🎉", 1), ("🔥", 1)])
    for reaction in (party, {**fire, "id": ""}):
        await lab.send(
            aki, act("Undo", aki["id"], reaction) | {"id": f"{aki['id']}/undo/{reaction['content']}"}
        )
    assert await shown() == (1, [])
    await lab.send(aki, act("Undo", aki["id"], react(aki, 4, "Like")) | {"id": f"{aki['id']}/undo/4"})
    assert await shown() == (0, [])
    many = [chr(0x1F400 + number) for number in range(10)]
    await lab.send(aki, *(react(aki, 20 + number, content=emoji) for number, emoji in enumerate(many)))
    assert await shown() == (1, [(person, 1) for person in many[:8]])

    # Ours: a Like that says with what, so that software without emoji sees a like.
    note = public(mia["id"], "https://misskey.test/notes/cake", "Note", content="<p>Cake</p>")
    lab.peers.serve(note)
    (theirs,) = (await lab.api.get("/api/v2/search", q=note["id"], resolve="true"))["statuses"]
    await lab.api.put(f"/api/v1/pleroma/statuses/{theirs['id']}/reactions/🎉")
    await lab.settle()  # an Undo would withdraw it
    await lab.api.post(f"/api/v1/statuses/{theirs['id']}/unfavourite")
    await lab.settle()
    sent = [activity for activity in lab.peers.received if activity["actor"] == lab.ann.uri][-2:]
    assert [activity["type"] for activity in sent] == ["Like", "Undo"]
    assert sent[0]["content"] == sent[0]["_misskey_reaction"] == sent[1]["object"]["content"] == "🎉"


async def test_interaction_that_a_remote_author_forbids_is_refused(lab: Lab) -> None:
    """GoToSocial's interaction policies: nothing is kept or sent; what is decided by hand is sent."""
    gus = microblogs.make_actor("https://gts.test/users/guarded", "guarded", following="https://gts.test/f")
    nobody, ours = {"automaticApproval": gus["id"]}, f"{gus['id']}/followers"

    def make_rule(rule: Any) -> dict[str, Any]:
        return {"canLike": rule, "canReply": rule, "canAnnounce": rule}

    tag = {"type": "Mention", "href": lab.ann.uri, "name": "@ann@alpha.test"}
    policies: dict[str, Any] = {
        "closed": ({}, make_rule(nobody), [403, 403, 403]),
        "named": ({"tag": tag}, make_rule({"always": [gus["id"]]}), [403, 200, 403]),
        "by-hand": ({}, make_rule({**nobody, "manualApproval": [PUBLIC]}), [200, 200, 200]),
        "following": ({}, make_rule({"automaticApproval": ["https://gts.test/f"]}), [403] * 3),
        "followers": ({}, {"canLike": {"automaticApproval": [ours]}, "canReply": nobody}, [200, 403, 200]),
    }
    await lab.follow(gus)
    for name, (more, policy, expected) in policies.items():
        uri = f"https://gts.test/users/guarded/statuses/{name}"
        note = public(gus["id"], uri, "Note", content="<p>x</p>", interactionPolicy=policy, **more)
        lab.peers.serve(note)
        (status,) = (await lab.api.get("/api/v2/search", q=uri, resolve="true"))["statuses"]
        before = len(lab.peers.received)
        path = f"/api/v1/statuses/{status['id']}"
        reply = {"json": {"status": "@guarded@gts.test hm", "in_reply_to_id": status["id"]}}
        answers = [
            await lab.api.request("POST", f"{path}/favourite"),
            await lab.api.request("POST", "/api/v1/statuses", **reply),
            await lab.api.request("POST", f"{path}/reblog"),
        ]
        assert [answer.status for answer in answers] == expected, name
        await lab.settle()
        sent = {activity["type"] for activity in lab.peers.received[before:]}
        deed_of = zip(("Like", "Create", "Announce"), expected, strict=True)
        assert sent == {kind for kind, outcome in deed_of if outcome == 200}, name
    shown = await lab.api.get(path)
    assert shown["interaction_policy"]["can_favourite"]["automatic_approval"] == ["followers", "author"]
    page = await lab.browser.fill_in(f"/write?reply_to={status['id']}", "text", text="kept words")
    assert page.status == 422
    assert "does not allow you to reply to it" in page.text
    assert "kept words" in page.text


async def test_interaction_policy_of_a_local_post_is_enforced(lab: Lab) -> None:
    """Said by API and on pages; what peers send against it is dropped, and the object tells it."""
    uris = [f"https://gts.test/users/{name}" for name in ("fan", "joe", "eve2")]
    fan, joe, eve = [microblogs.make_actor(uri, uri.rpartition("/")[2]) for uri in uris]
    lab.peers.serve(fan, joe, eve)
    await lab.send(fan, act("Follow", fan["id"], lab.ann.uri))
    rules: dict[str, Any] = {"can_reply": {"automatic_approval": ["followers"]}}
    rules |= {"can_favourite": {"always": ["followers"]}, "can_reblog": {"automatic_approval": ["me"]}}
    status = await lab.api.post("/api/v1/statuses", status="For fans @joe@gts.test", interaction_policy=rules)
    wrong = {**rules, "can_reply": {"manual_approval": ["public"]}}
    refused = await lab.api.request(
        "POST", "/api/v1/statuses", json={"status": "x", "interaction_policy": wrong}
    )
    assert refused.status == 422
    assert "manual_approval" in refused.body["error"]
    async with lab.node.http.get(
        f"/users/ann/statuses/{status['id']}", headers={"Accept": CONTENT_TYPE}
    ) as answer:
        told = (await answer.json(content_type=None))["interactionPolicy"]
    followers = {"automaticApproval": [f"{lab.ann.uri}/followers"]}
    assert told == {
        "canQuote": {"automaticApproval": [PUBLIC]}, "canLike": followers, "canReply": followers,
        "canAnnounce": {"automaticApproval": [lab.ann.uri]},
    }  # fmt: skip
    for who in (fan, joe, eve):
        note = public(who["id"], f"{who['id']}/answer", "Note", content="<p>hi</p>", inReplyTo=status["uri"])
        await lab.send(who, act("Like", who["id"], status["uri"]), act("Create", who["id"], note))
        await lab.send(who, act("Announce", who["id"], status["uri"]))
    found = await lab.api.get(f"/api/v1/statuses/{status['id']}")
    assert [found[f"{word}_count"] for word in ("favourites", "replies", "reblogs")] == [1, 2, 0]
    below = (await lab.api.get(f"/api/v1/statuses/{status['id']}/context"))["descendants"]
    assert {status["account"]["username"] for status in below} == {"fan", "joe"}

    # On the pages, also for a post that is there already; quotes are another matter.
    page = await lab.browser.fill_in("/write", "text", text="Only to read", replies="nobody")
    assert "Only people who are mentioned can reply" in page.text
    number = page.path.rpartition("/")[2]
    path = f"/api/v1/statuses/{number}"
    await lab.api.put(f"{path}/interaction_policy", quote_approval_policy="nobody")
    shown = (await lab.api.get(path))["interaction_policy"]
    assert shown["can_reply"]["automatic_approval"] == ["author"]
    page = await lab.browser.submit_action(
        f"/edit/{number}", f"/edit/{number}", text="For answers", replies="public"
    )
    assert "For answers" in page.text
    assert "may answer</span>" not in page.text
    opened = await lab.api.get(path)
    assert "interaction_policy" not in opened
    assert opened["quote_approval"]["automatic"] == []
    closed = await lab.api.put(f"{path}/interaction_policy", interaction_policy={"can_reblog": {}})
    assert closed["interaction_policy"]["can_reblog"]["automatic_approval"] == ["author"]


async def test_announce_of_a_group_is_fetched_from_its_origin(lab: Lab) -> None:
    """FEP-1b12: what a group announces is read from its origin; a group that nobody follows is ignored."""
    group = groups.make_actor("https://lemmy.test/c/owls", "owls", kind="Group")
    other = groups.make_actor("https://lemmy.test/c/bats", "bats", kind="Group")
    joe, page = groups.JOE, {**groups.PAGE, "id": "https://lemmy.test/post/20"}
    answer = {**page, "id": "https://lemmy.test/comment/3", "type": "Note", "inReplyTo": page["id"]}
    lab.peers.serve(joe, other, page, answer)
    await lab.follow(group)
    await lab.send(other, act("Announce", other["id"], act("Create", joe["id"], page)))
    assert page["id"] not in lab.peers.requested_uris
    assert not await lab.home(page["id"])
    await lab.send(group, act("Announce", group["id"], act("Create", joe["id"], page)))
    await lab.send(group, act("Announce", group["id"], act("Create", joe["id"], answer)))
    shown, nothing = await lab.home(page["id"]), await lab.home(answer["id"])
    status = shown[0]["reblog"]
    assert not nothing
    below = (await lab.api.get(f"/api/v1/statuses/{status['id']}/context"))["descendants"]
    assert [status["uri"] for status in below] == [answer["id"]]

    # A like counts if its own origin tells of it; an invented one, or one of another's, does not.
    like = act("Like", joe["id"], page["id"])
    invented = {**like, "id": "https://lemmy.test/acts/none"}
    theirs = {**like, "id": "https://piefed.test/acts/1"}
    lab.peers.serve(theirs)
    await lab.send(group, *(act("Announce", group["id"], document) for document in (invented, theirs)))
    assert (await lab.api.get(f"/api/v1/statuses/{status['id']}"))["favourites_count"] == 0
    lab.peers.serve(like)
    await lab.send(group, act("Announce", group["id"], like))
    assert (await lab.api.get(f"/api/v1/statuses/{status['id']}"))["favourites_count"] == 1

    # Neither an edit nor a deletion is believed: the first tells what the origin has, the second nothing.
    lab.peers.serve({**page, "content": "<p>Edited</p>", "updated": "2026-11-18T12:00:00Z"})
    await lab.send(
        group, act("Announce", group["id"], act("Update", joe["id"], {**page, "content": "Forged"}))
    )
    assert "Edited" in (await lab.api.get(f"/api/v1/statuses/{status['id']}"))["content"]
    gone = act("Announce", group["id"], act("Delete", joe["id"], page["id"]))
    await lab.send(group, gone)
    assert (await lab.api.request("GET", f"/api/v1/statuses/{status['id']}")).status == 200
    lab.peers.documents[page["id"]] = 410
    await lab.send(group, {**gone, "id": f"{gone['id']}-again"})
    assert (await lab.api.request("GET", f"/api/v1/statuses/{status['id']}")).status == 404


def with_key(found: Document) -> Document:
    """Return an actor with an Ed25519 key of its own."""
    key = {"id": f"{found['id']}#ed25519-key", "type": "Multikey", "controller": found["id"]}
    return {**found, "assertionMethod": [{**key, "publicKeyMultibase": keys.ed25519(1)[1]}]}


async def test_forwarded_activity_needs_a_proof_of_its_actor(lab: Lab) -> None:
    """FEP-8b32: signed by one server, made and proved by an actor of another."""
    hal = with_key(microblogs.make_actor("https://mitra.test/users/hal", "hal"))
    neighbour = with_key(microblogs.make_actor("https://mitra.test/users/neighbour", "neighbour"))
    other = with_key(microblogs.make_actor("https://gts.test/users/eve", "eve"))
    carrier = microblogs.make_actor("https://mastodon.test/users/carrier", "carrier")
    lab.peers.serve(neighbour, other, carrier)
    await lab.follow(hal)
    key = load_private(keys.ed25519(1)[0])
    assert isinstance(key, Ed25519PrivateKey)
    private: Ed25519PrivateKey = key

    def make_proved(number: int, by: Document = hal, hours: int = 0) -> Document:
        uri = f"https://mitra.test/objects/passed-{number}"
        bare = act("Create", hal["id"], public(hal["id"], uri, "Note", content=f"<p>Number {number}</p>"))
        return proofs.sign(bare, private, f"{by['id']}#ed25519-key", lab.node.clock() - hours * 3_600_000)

    good, bare = make_proved(1), make_proved(2)
    bare.pop("proof")
    changed = make_proved(3)
    changed["object"]["content"] = "<p>Forged</p>"
    other_suite = make_proved(4)
    other_suite["proof"]["cryptosuite"] = "eddsa-rdfc-2022"
    rsa = make_proved(8)
    rsa["proof"]["verificationMethod"] = f"{hal['id']}#main-key"
    bad = (
        changed,
        other_suite,
        make_proved(5, neighbour),
        make_proved(6, other),
        make_proved(7, hours=13),
        rsa,
    )
    assert await lab.peers.deliver(lab.node, carrier["id"], bare) == 403
    assert [await lab.peers.deliver(lab.node, carrier["id"], document) for document in bad] == [401] * len(
        bad
    )
    assert await lab.peers.deliver(lab.node, carrier["id"], good) == 202
    await lab.settle()
    assert [len(await lab.home(document["object"]["id"])) for document in (good, bare, *bad)] == [1] + [0] * 7
