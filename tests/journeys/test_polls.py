"""Polls between two real nodes: asked on one, answered on the other, closed on both."""

from __future__ import annotations

from typing import Any

import msgspec

from activitypub.signatures.digest import sha256
from fedserver.domain.notifications import notification_views
from fedserver.domain.posts import edits, versions, votes
from fedserver.domain.posts.polls import NewPoll
from fedserver.domain.timelines import post_views, timelines, visibility
from fedserver.domain.timelines.poll_views import PollView
from fedserver.federation.signing import Signer
from storage.engine import Page
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from tests.journeys.test_federation import follow, settle, write
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

HOUR = 3_600


class Two:
    """Ann and Cid at alpha, Bob at beta; Ann and Bob follow each other."""

    def __init__(
        self, alpha: TestNode, beta: TestNode, ann: AccountRow, cid: AccountRow, bob: AccountRow
    ) -> None:
        self.alpha, self.beta = alpha, beta
        self.ann, self.cid, self.bob = ann, cid, bob

    async def settle(self) -> None:
        await settle(self.alpha, self.beta)

    def forward(self, **span: float) -> None:
        self.alpha.clock.forward(**span)


async def begin(start: Start) -> Two:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    two = Two(
        alpha,
        beta,
        await alpha.create_member("ann"),
        await alpha.create_member("cid"),
        await beta.create_member("bob"),
    )
    await follow(alpha, two.ann, "@bob@beta.test")
    await settle(alpha, beta)
    await follow(beta, two.bob, "@ann@alpha.test")
    await settle(alpha, beta)
    return two


async def newest(node: TestNode, who: AccountRow) -> post_views.PostView:
    async with node.db.read() as tx:
        ids = await timelines.list_home(tx, who.id, Page(limit=1))
        return (await post_views.load(tx, ids, who.id))[0]


async def poll(node: TestNode, post_id: int, who: AccountRow) -> PollView:
    async with node.db.read() as tx:
        found = (await votes.get_view(tx, post_id, who.id)).poll
    assert found is not None
    return found


async def figures(node: TestNode, post_id: int, who: AccountRow) -> tuple[list[int], int | None]:
    found = await poll(node, post_id, who)
    return [option.votes_count for option in found.options], found.poll.voters_count


async def vote(node: TestNode, who: AccountRow, post_id: int, *choices: int) -> None:
    async with node.db.write() as tx:
        await votes.vote(tx, node.site, who, post_id, choices)


async def list_notified(node: TestNode, who: AccountRow) -> list[str]:
    async with node.db.read() as tx:
        views, _ = await notification_views.list_by_account(tx, who, Page(), kinds=["poll"])
    return [view.row.kind for view in views]


async def test_poll_answered_by_a_peer_closes_on_both_nodes(start: Start) -> None:
    two = await begin(start)
    alpha, beta, ann, cid, bob = two.alpha, two.beta, two.ann, two.cid, two.bob
    asked = NewPoll(("Red", "Blue", "Green"), HOUR, multiple=True)
    post_id = await write(alpha, ann, "Which?", poll=asked)
    await two.settle()
    there = await newest(beta, bob)
    assert there.post.kind == "Question"
    assert there.post.html == "<p>Which?</p>"
    assert there.poll is not None
    assert [option.title for option in there.poll.options] == ["Red", "Blue", "Green"]
    assert there.poll.poll.multiple
    assert there.poll.poll.expires_at is not None

    await vote(beta, bob, there.post.id, 0, 2)
    assert await figures(beta, there.post.id, bob) == ([1, 0, 1], 1), "counted here at once"
    await two.settle()
    assert await figures(alpha, post_id, ann) == ([1, 0, 1], 1)
    async with alpha.db.read() as tx:
        assert (await visibility.get(tx, post_id, ann.id)).replies_count == 0
        assert await timelines.load_thread(tx, post_id, ann.id) == ([], []), "votes are never shown as posts"
        remote_bob = await account_queries.find_by_handle(tx, "bob", "beta.test")
        assert remote_bob is not None
        assert await timelines.list_by_account(tx, remote_bob.id, ann.id, Page()) == []
    assert (await poll(alpha, post_id, ann)).voted, "the author is not asked"

    await vote(alpha, cid, post_id, 1)
    await two.settle()
    assert await figures(beta, there.post.id, bob) == ([1, 0, 1], 1), "figures are not told at once"
    two.forward(seconds=181)
    await two.settle()
    assert await figures(beta, there.post.id, bob) == ([1, 1, 1], 2)
    async with beta.db.read() as tx:
        assert (await visibility.get(tx, there.post.id, bob.id)).edited_at is None
        assert await versions.list_by_post(tx, there.post.id) == []

    two.forward(seconds=HOUR)
    await two.settle()
    two.forward(seconds=120)
    await two.settle()
    for node, who, place in ((alpha, ann, post_id), (alpha, cid, post_id), (beta, bob, there.post.id)):
        assert await list_notified(node, who) == ["poll"]
        shown = await poll(node, place, who)
        assert shown.expired
        assert shown.poll.closed_at is not None
    assert await figures(beta, there.post.id, bob) == ([1, 1, 1], 2)


async def test_poll_with_hidden_totals_shows_them_at_the_end_only(start: Start) -> None:
    two = await begin(start)
    alpha, beta, ann, cid, bob = two.alpha, two.beta, two.ann, two.cid, two.bob
    post_id = await write(alpha, ann, "Secret?", poll=NewPoll(("Yes", "No"), HOUR, hide_totals=True))
    await two.settle()
    there = (await newest(beta, bob)).post
    await vote(alpha, cid, post_id, 0)
    two.forward(seconds=600)
    await two.settle()
    assert (await figures(beta, there.id, bob))[0] == [0, 0]
    document = await _document(alpha, f"/users/ann/statuses/{post_id}")
    assert document["type"] == "Question"
    assert "closed" not in document
    assert [option["replies"] for option in document["oneOf"]] == [{"type": "Collection"}] * 2
    two.forward(seconds=HOUR)
    await two.settle()
    assert await figures(beta, there.id, bob) == ([1, 0], 1)
    assert (await poll(beta, there.id, bob)).expired
    document = await _document(alpha, f"/users/ann/statuses/{post_id}")
    assert document["oneOf"][0]["replies"] == {"type": "Collection", "totalItems": 1}
    assert document["closed"]
    assert document["votersCount"] == 1
    assert document["endTime"] < document["closed"]


async def _document(node: TestNode, path: str) -> Any:
    headers = {"Accept": "application/activity+json"}
    async with node.http.get(path, headers=headers) as answer:
        assert answer.status == 200
        return await answer.json(content_type=None)


async def test_edited_poll_reaches_peers_and_drops_their_votes(start: Start) -> None:
    two = await begin(start)
    alpha, beta, ann, bob = two.alpha, two.beta, two.ann, two.bob
    post_id = await write(alpha, ann, "Which?", poll=NewPoll(("Red", "Blue"), HOUR))
    await two.settle()
    there = (await newest(beta, bob)).post
    await vote(beta, bob, there.id, 0)
    await two.settle()
    async with alpha.db.write() as tx:
        change = edits.PostEdit(text="Which then?", poll=NewPoll(("Red", "Green"), 2 * HOUR))
        await edits.edit(tx, alpha.site, ann, post_id, change)
    await two.settle()
    shown = await poll(beta, there.id, bob)
    assert [option.title for option in shown.options] == ["Red", "Green"]
    assert not shown.voted
    assert shown.votes_count == 0
    await vote(beta, bob, there.id, 1)
    await two.settle()
    assert await figures(alpha, post_id, ann) == ([0, 1], 1)


async def test_outdated_poll_is_refreshed_when_a_member_reads_it(start: Start) -> None:
    two = await begin(start)
    alpha, beta, ann, cid, bob = two.alpha, two.beta, two.ann, two.cid, two.bob
    post_id = await write(alpha, ann, "Which?", poll=NewPoll(("Red", "Blue"), HOUR))
    await two.settle()
    there = (await newest(beta, bob)).post
    client, nobody = Api(beta, await beta.create_token(bob)), Api(beta)
    await vote(alpha, cid, post_id, 0)
    path = f"/api/v1/polls/{there.id}"
    assert (await client.get(path))["votes_count"] == 0
    assert await beta.settle() == 0, "a fresh poll is not asked for"
    two.forward(seconds=61)
    await nobody.get(path)
    assert await beta.settle() == 0, "nor for strangers"
    for _ in range(3):
        assert (await client.get(path))["votes_count"] == 0, "the answer does not wait for the peer"
    assert await beta.settle() == 1
    assert (await client.get(path))["votes_count"] == 1


def create(sender: TestNode, actor: str, *names: str, poll_uri: str, number: int) -> dict[str, Any]:
    """Votes as other software sends them: a list of notes in one Create."""
    base = f"https://{sender.domain}/users/{actor}"
    notes = [
        {
            "id": f"{base}#votes/{number}/{name}",
            "type": "Note",
            "name": name,
            "attributedTo": base,
            "inReplyTo": poll_uri,
            "to": [poll_uri.rpartition("/statuses/")[0]],
        }
        for name in names
    ]
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{base}#creates/{number}",
        "type": "Create",
        "actor": base,
        "to": notes[0]["to"],
        "object": notes if len(notes) > 1 else notes[0],
    }


async def send(two: Two, activity: dict[str, Any]) -> int:
    """Sign as Bob what his own software would not say; the status of the answer."""
    services, body, inbox = two.beta.node.services, msgspec.json.encode(activity), "https://alpha.test/inbox"
    async with two.beta.db.read() as tx:
        signer = Signer(*await services.keyring.get_rsa(tx, two.bob.id), two.beta.clock)
    answer = await services.client.post(inbox, body, signer.sign_post(inbox, sha256(body), "cavage"))
    await two.alpha.settle()
    return answer.status


async def test_votes_of_other_software_count_and_forged_ones_do_not(start: Start) -> None:
    two = await begin(start)
    alpha, ann = two.alpha, two.ann
    single = await write(alpha, ann, "One?", poll=NewPoll(("Red", "Blue"), HOUR))
    several = await write(alpha, ann, "Many?", poll=NewPoll(("Red", "Blue", "Green"), HOUR, multiple=True))
    inside = await write(alpha, ann, "Ours?", visibility="local", poll=NewPoll(("Red", "Blue"), HOUR))
    async with alpha.db.read() as tx:
        uri = {vote: (await visibility.get(tx, vote, ann.id)).uri for vote in (single, several, inside)}

    await send(two, create(two.beta, "bob", "Red", "Green", "Pink", poll_uri=uri[several], number=1))
    assert await figures(alpha, several, ann) == ([1, 0, 1], 1)
    await send(two, create(two.beta, "bob", "Red", "Blue", poll_uri=uri[several], number=2))
    assert await figures(alpha, several, ann) == ([1, 1, 1], 1)
    await send(two, create(two.beta, "bob", "Red", "Blue", poll_uri=uri[single], number=3))
    assert await figures(alpha, single, ann) == ([1, 0], 1)
    await send(two, create(two.beta, "bob", "Blue", poll_uri=uri[single], number=4))
    assert await send(two, create(two.beta, "eve", "Blue", poll_uri=uri[single], number=5)) == 403
    await send(two, create(two.beta, "bob", "Red", poll_uri=uri[inside], number=6))
    forged = create(two.beta, "bob", "Blue", poll_uri=uri[single], number=7)
    forged["object"]["attributedTo"] = "https://beta.test/users/eve"
    await send(two, forged)
    assert await figures(alpha, single, ann) == ([1, 0], 1)
    assert await figures(alpha, inside, ann) == ([0, 0], 0)
    two.forward(seconds=HOUR)
    late = create(two.beta, "bob", "Green", poll_uri=uri[several], number=8)
    await send(two, late)
    assert await figures(alpha, several, ann) == ([1, 1, 1], 1)
    async with alpha.db.read() as tx:
        remote_bob = await account_queries.find_by_handle(tx, "bob", "beta.test")
        assert remote_bob is not None
        assert await timelines.list_by_account(tx, remote_bob.id, None, Page()) == []
        for post_id in (single, several):
            assert await timelines.load_thread(tx, post_id, ann.id) == ([], [])
