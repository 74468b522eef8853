"""A server of others and a node of ours live through a day: what one does, the other knows.

The programs are in folders here. That with Fedify needs Node.js and `npm ci` there; without them its test is
skipped, unless FEDSERVER_REQUIRE_JS is set, as CI does.
"""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import FormData
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from activitypub import identity_proofs as fep_c390
from activitypub.keys import load_private
from fedserver.domain.accounts import accounts, identity_proofs
from fedserver.domain.peers import peers
from storage.queries.kernel import deliveries as delivery_queries
from storage.queries.peers import peers as peer_queries
from tests.kit import foreign, keys, tls
from tests.kit.api import Api
from tests.kit.clock import Clock
from tests.kit.foreign import ForeignServer
from tests.kit.javascript import require_js
from tests.kit.nodes import Start, TestNode

HERE = Path(__file__).parent
ANN, ANN_URI = "@ann@alpha.test", "https://alpha.test/users/ann"
POLICY = {f"can_{deed}": {"automatic_approval": ["followers"]} for deed in ("favourite", "reply", "reblog")}
TYPE = {"Content-Type": "application/activity+json"}


@pytest.fixture
def clock() -> Clock:
    """Return a clock with the true time: other servers accept signatures of today only."""
    return Clock(time.time_ns() // 1_000_000)


def picture() -> FormData:
    out, form = io.BytesIO(), FormData()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    form.add_field("file", out.getvalue(), filename="a.png", content_type="image/png")
    form.add_field("description", "A dot")
    return form


async def find(api: Api, what: str, kind: str) -> Any:
    found = await api.get("/api/v2/search", q=what, resolve="true", type=kind)
    assert len(found[kind]) == 1, what
    return found[kind][0]


class Day:
    """Ann, of ours, and Hop, of theirs."""

    def __init__(self, node: TestNode, api: Api, hop: ForeignServer) -> None:
        self.node, self.api, self.hop = node, api, hop
        self.theirs: dict[str, Any] = {}

    async def read(self, kind: str, actor: str = ANN_URI) -> dict[str, Any]:
        """Return what the other server understood of the newest activity of this type."""
        await self.node.settle()
        read: dict[str, Any] = (await self.hop.list_received(kind))[-1]["read"]
        assert read["actor"] == actor
        return read

    async def send_command(self, verb: str, **what: Any) -> Any:
        done = await self.hop.perform(verb, **what)
        await self.node.settle()
        return done

    async def list_notified(self) -> list[str]:
        """Return the types of Ann's notifications since the last call, in their order."""
        list_notified = [notification["type"] for notification in await self.api.get("/api/v1/notifications")]
        await self.api.post("/api/v1/notifications/clear")
        return list_notified[::-1]

    async def follow(self) -> None:
        self.theirs = await find(self.api, self.hop.handle, "accounts")
        assert (self.theirs["display_name"], self.theirs["note"]) == ("Hop", "Made elsewhere")
        await self.api.post(f"/api/v1/accounts/{self.theirs['id']}/follow")
        await self.read("Follow")
        assert (await self.relationship())["following"]
        assert await self.send_command("follow", handle=ANN) == ANN_URI
        assert (await self.relationship())["followed_by"]
        assert await self.list_notified() == ["follow"]
        assert (await self.read("Accept"))["kind"] == "Follow"

    async def relationship(self) -> Any:
        (known,) = await self.api.get("/api/v1/accounts/relationships", **{"id[]": self.theirs["id"]})
        return known

    async def they_write(self) -> None:
        """Hop posts; Ann answers, likes and boosts, and takes all of it back."""
        uri = await self.send_command("post", text="Fresh from the garden", mention=ANN)
        (post,) = await self.api.get("/api/v1/timelines/home")
        assert (post["uri"], post["content"]) == (uri, "<p>Fresh from the garden</p>")
        assert [mention["acct"] for mention in post["mentions"]] == ["ann"]
        assert await self.list_notified() == ["mention"]
        here = f"/api/v1/statuses/{post['id']}"
        draft = {"status": f"{self.hop.handle} Well *grown* #leek", "in_reply_to_id": post["id"]}
        answer = await self.api.post("/api/v1/statuses", **draft)
        read = await self.read("Create")
        assert (read["kind"], read["object"], read["reply"]) == ("Note", answer["uri"], uri)
        assert read["content"] == answer["content"]
        assert read["tags"] == [self.hop.handle, "#leek"]
        for verb, kind, back in (("favourite", "Like", "unfavourite"), ("reblog", "Announce", "unreblog")):
            await self.api.post(f"{here}/{verb}")
            assert (await self.read(kind))["object"] == uri
            await self.api.post(f"{here}/{back}")
            read = await self.read("Undo")
            assert (read["kind"], read["inner"]) == (kind, uri)
        await self.send_command("edit", id=uri, text="Fresh from the cellar", mention=ANN)
        post = await self.api.get(here)
        assert post["content"] == "<p>Fresh from the cellar</p>"
        assert post["edited_at"] is not None
        await self.send_command("remove", id=uri, mention=ANN)
        assert (await self.api.request("GET", here)).status == 404

    async def we_write(self) -> None:
        """Ann posts; Hop answers, likes and boosts, and takes all of it back."""
        post = await self.api.post("/api/v1/statuses", status="Soup is ready")
        here, uri = f"/api/v1/statuses/{post['id']}", post["uri"]
        assert (await self.read("Create"))["content"] == "<p>Soup is ready</p>"
        await self.list_notified()
        await self.send_command("like", id=uri)
        await self.send_command("boost", id=uri)
        answer = await self.send_command("post", text="On my way", mention=ANN, reply=uri)
        assert await self.list_notified() == ["favourite", "reblog", "mention"]
        assert await self.counts(here) == (1, 1, 1)
        (below,) = (await self.api.get(f"{here}/context"))["descendants"]
        assert (below["uri"], below["in_reply_to_id"]) == (answer, post["id"])
        await self.send_command("undo", what=f"like {uri}")
        await self.send_command("undo", what=f"boost {uri}")
        await self.send_command("remove", id=answer, mention=ANN)
        assert await self.counts(here) == (0, 0, 0)
        await self.api.put(here, status="Soup is getting cold")
        assert (await self.read("Update"))["content"] == "<p>Soup is getting cold</p>"
        await self.api.delete(here)
        assert (await self.read("Delete"))["object"] == uri

    async def counts(self, here: str) -> tuple[int, int, int]:
        post = await self.api.get(here)
        return post["favourites_count"], post["reblogs_count"], post["replies_count"]

    async def whisper(self) -> None:
        """Send a direct post both ways."""
        uri = await self.send_command("post", text="Psst", mention=ANN, alone=True)
        said = await find(self.api, uri, "statuses")
        assert said["visibility"] == "direct"
        draft = {"status": f"{self.hop.handle} Yes?", "visibility": "direct", "in_reply_to_id": said["id"]}
        await self.api.post("/api/v1/statuses", **draft)
        assert (await self.read("Create"))["to"] == [self.theirs["uri"]]

    async def exchange_polls(self) -> None:
        """Run a poll of theirs and one of ours, and receive emoji reactions."""
        uri = await self.send_command("ask", text="Tea?", options=["Green", "Black"], mention=ANN)
        poll = (await find(self.api, uri, "statuses"))["poll"]
        await self.api.post(f"/api/v1/polls/{poll['id']}/votes", choices=[1])
        read = await self.read("Create")
        assert (read["kind"], read["name"], read["reply"]) == ("Note", "Black", uri)
        poll = {"options": ["Yes", "No"], "expires_in": 3_600}
        ours = await self.api.post("/api/v1/statuses", status="Soup?", poll=poll)
        await self.list_notified()
        await self.send_command("react", id=ours["uri"], emoji="🍲")
        assert await self.list_notified() == ["favourite"]
        assert (await self.api.get(f"/api/v1/statuses/{ours['id']}"))["reactions"][0]["name"] == "🍲"
        here = (await find(self.api, uri, "statuses"))["id"]
        await self.api.put(f"/api/v1/pleroma/statuses/{here}/reactions/🍲")
        assert (await self.read("Like"))["object"] == uri
        await self.send_command("vote", id=ours["uri"], choice="No")
        found = await self.api.get(f"/api/v1/statuses/{ours['id']}")
        assert [option["votes_count"] for option in found["poll"]["options"]] == [0, 1]

    async def quote(self) -> None:
        """Quote with consent, both ways."""
        ours = await self.api.post("/api/v1/statuses", status="Quote me")
        theirs = await self.send_command("post", text="Look at this", mention=ANN, quote=ours["uri"])
        answer = (await self.hop.list_received("Accept"))[-1]
        assert answer["document"]["object"]["type"] == "QuoteRequest"
        leave = answer["document"]["result"]
        read = await self.hop.perform("read", url=leave)
        assert (read["kind"], read["lost"]) == ("QuoteAuthorization", [])
        await self.send_command("publish", id=theirs, authorization=leave, mention=ANN)
        seen = await find(self.api, theirs, "statuses")
        assert (seen["quote"]["state"], seen["quote"]["quoted_status"]["id"]) == ("accepted", ours["id"])
        quoting = await self.api.post("/api/v1/statuses", status="And this", quoted_status_id=seen["id"])
        assert (await self.read("QuoteRequest"))["object"] == theirs
        quoting = await self.api.get(f"/api/v1/statuses/{quoting['id']}")
        assert quoting["quote"]["state"] == "accepted"
        shown = (await self.hop.perform("read", url=quoting["uri"]))["document"]
        assert (shown["quote"], urlsplit(shown["quoteAuthorization"]).netloc) == (theirs, self.hop.host)

    async def show(self) -> None:
        """Documents of all kinds are to the other server what they should be, and it knows each word."""
        await self.hold_key()
        media = (await self.api.request("POST", "/api/v2/media", data=picture())).body["id"]
        drafts: dict[str, dict[str, Any]] = {
            "Note": {"status": "#Dot", "media_ids": [media], "spoiler_text": "Small", "sensitive": True},
            "Article": {"status": "All about it", "title": "On dots", "interaction_policy": POLICY},
            "Question": {"status": "More?", "poll": {"options": ["Yes", "No"], "expires_in": 3_600}},
        }
        wanted = {ANN_URI: "Person", "https://alpha.test/actor": "Application"}
        for path in ("outbox", "followers", "following", "collections/featured"):
            wanted[f"{ANN_URI}/{path}"] = "OrderedCollection"
        wanted[f"{ANN_URI}/outbox?page=true"] = "OrderedCollectionPage"
        for kind, draft in drafts.items():
            uri = (await self.api.post("/api/v1/statuses", **draft))["uri"]
            wanted |= {uri: kind, f"{uri}/activity": "Create", f"{uri}/replies": "Collection"}
        for url, kind in wanted.items():
            read = await self.hop.perform("read", url=url)
            assert (read["kind"], read["lost"]) == (kind, []), url

    async def hold_key(self) -> None:
        """Ann links a key of her own, which the actor then tells of."""
        key, public = load_private(keys.ed25519("own")[0]), keys.ed25519("own")[1]
        assert isinstance(key, Ed25519PrivateKey)
        made, signed = fep_c390.build_statement(f"did:key:{public}", ANN_URI, self.node.clock())
        statement = fep_c390.with_signature(made, key.sign(signed))
        held = fep_c390.verify(statement, ANN_URI, self.node.clock())
        proof = identity_proofs.IdentityProof(held.subject, held.created, held.document)
        async with self.node.db.write() as tx:
            await identity_proofs.add(tx, await accounts.get_local(tx, "ann"), proof)
        assert (await self.read("Update"))["actor"] == ANN_URI

    async def keep_order(self) -> None:
        """Feature a post, and report one in the name of the node's own actor."""
        uri = await self.send_command("post", text="Spam", mention=ANN)
        spam = await find(self.api, uri, "statuses")
        ours = await self.api.post("/api/v1/statuses", status="Rules")
        for verb, kind in (("pin", "Add"), ("unpin", "Remove")):
            await self.api.post(f"/api/v1/statuses/{ours['id']}/{verb}")
            assert (await self.read(kind))["object"] == ours["uri"]
        report = {
            "account_id": self.theirs["id"],
            "status_ids": [spam["id"]],
            "comment": "Rude",
            "forward": True,
        }
        await self.api.post("/api/v1/reports", **report)
        flag = await self.read("Flag", "https://alpha.test/actor")
        assert flag["to"] == [self.theirs["uri"]]

    async def part(self) -> None:
        """Rename both accounts, end both follows, then block."""
        await self.api.patch("/api/v1/accounts/update_credentials", display_name="Ann Other")
        assert (await self.read("Update"))["name"] == "Ann Other"
        await self.send_command("rename", name="Hop Again")
        assert (await self.api.get(f"/api/v1/accounts/{self.theirs['id']}"))["display_name"] == "Hop Again"
        await self.api.post(f"/api/v1/accounts/{self.theirs['id']}/unfollow")
        assert (await self.read("Undo"))["kind"] == "Follow"
        await self.send_command("undo", what=f"follow {ANN}")
        known = await self.relationship()
        assert not known["following"]
        assert not known["followed_by"]
        for verb, kind in (("block", "Block"), ("unblock", "Undo")):
            await self.api.post(f"/api/v1/accounts/{self.theirs['id']}/{verb}")
            assert self.theirs["uri"] in (await self.read(kind)).values()

    async def sign(self, scheme: str, before: str | None) -> None:
        """Sign by this scheme first from now on; until now, signatures by `before` were accepted."""
        theirs = {"cavage": "draft-cavage-http-signatures-12", "rfc9421": "rfc9421"}
        known = await self.hop.perform("sign", origin=self.node.base, scheme=theirs[scheme])
        assert before is None or known == theirs[before]
        async with self.node.db.write() as tx:
            await peers.ensure(tx, self.hop.host)
            peer = (await peer_queries.load_by_domains(tx, [self.hop.host]))[self.hop.host]
            assert before is None or (peer.scheme, peer.failures) == (before, 0)
            await peer_queries.set_scheme(tx, self.hop.host, scheme)

    async def check(self, inbox: str) -> None:
        """Check that the other server found nothing wrong, has nothing pending, and refuses a forgery."""
        heard = await self.hop.list_received()
        assert [notice for notice in heard if notice["status"] >= 300 or notice["wrong"]] == []
        async with self.node.db.read() as tx:
            assert await delivery_queries.find_next_due(tx) is None, "something was not taken"
        forged = {name: value for name, value in heard[0]["document"].items() if name != "proof"}
        url = f"https://{self.hop.host}{inbox}"
        async with self.node.http.post(url, json=forged, headers=TYPE) as answer:
            assert answer.status == 401


async def begin(node: TestNode, hop: ForeignServer) -> Day:
    return Day(node, Api(node, await node.create_token(await node.create_member("ann"))), hop)


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_a_day_with_fedify_has_each_activity_in_both_directions(
    start: Start, names: tls.LoopbackResolver
) -> None:
    program, folder = require_js(HERE / "fedify"), HERE / "fedify"
    node = await start("alpha.test", authorized_fetch=True)
    async with foreign.run_server([program, "peer.mjs"], folder, "fedify.test", names) as hop:
        day = await begin(node, hop)
        # First the older way: Fedify reads a key by its id and signs that address with the fragment, which is
        # not the target URI (RFC 9421 §2.2.2, RFC 9110 §7.1).
        await day.sign("cavage", before=None)
        await day.follow()
        await day.they_write()
        await day.sign("rfc9421", before="cavage")
        await day.we_write()
        await day.whisper()
        await day.exchange_polls()
        await day.quote()
        await day.show()
        await day.keep_order()
        await day.part()
        await day.sign("cavage", before="rfc9421")
        assert {entry["scheme"] for entry in await hop.list_received()} == {"cavage", "rfc9421"}
        await day.check("/inbox")


@pytest.mark.parametrize("start", ["postgresql"], indirect=True)
async def test_a_day_with_pubby_has_each_activity_in_both_directions(
    start: Start, names: tls.LoopbackResolver, tmp_path: Path
) -> None:
    node = await start("alpha.test", authorized_fetch=True)
    run, place = [sys.executable, "peer.py"], str(tmp_path / "pubby")
    async with foreign.run_server(run, HERE / "pubby", "pubby.test", names, PLACE=place) as hop:
        day = await begin(node, hop)
        await day.follow()
        await day.they_write()
        await day.we_write()
        await day.whisper()
        await day.quote()
        await day.keep_order()
        await day.part()
        await day.check("/ap/inbox")
