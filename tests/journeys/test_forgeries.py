"""One node and peers that lie: each forgery is refused, stores nothing, and the truth still gets through."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from activitypub.document import Document
from activitypub.signatures import cavage, rfc9421
from activitypub.terms import PUBLIC
from fedserver.domain.relationships import follows
from storage.queries.kernel import inbox as inbox_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import follows as follow_queries
from tests.kit import keys as made
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.metrics import read_value
from tests.kit.nodes import Start, TestNode
from tests.kit.signed_requests import Sign, StubPeer, deliver, post_to_inbox, sign_headers

pytestmark = pytest.mark.parametrize("start", ["sqlite"], indirect=True)
HOUR = 3_600_000
WHEN = "2026-11-18T00:00:00Z"


def note(actor: str, path: str, **changes: Any) -> Document:
    return {"id": f"{actor}/{path}", "type": "Note", "attributedTo": actor, "content": "<p>x</p>",
            "to": [PUBLIC], "cc": [], "published": WHEN, **changes}  # fmt: skip


def act(kind: str, actor: str, about: Any, path: str = "", **more: Any) -> Document:
    where = path or f"acts/{kind}/{base64.b32encode(repr(about).encode()).decode()[-24:].lower()}"
    return {"id": f"{actor}/{where}", "type": kind, "actor": actor, "object": about, **more}


async def find_post(node: TestNode, uri: str) -> Any:
    async with node.db.read() as tx:
        return await post_queries.find_by_uri(tx, uri)


async def drain(node: TestNode) -> None:
    while await node.settle():
        pass


def forgeries(node: TestNode, body: bytes, eve: str, sign: Sign) -> Iterator[tuple[str, Any]]:
    """Return what is sent in place of a good signature: headers, by what is wrong with them."""
    key_id, cavages = f"{eve}#main-key", sign is cavage.sign
    good = sign_headers(node, body, key_id, sign=sign)
    digest = "Digest" if cavages else "Content-Digest"
    yield "unsigned", {}
    yield "another body", sign_headers(node, body + b" ", key_id, sign=sign)
    yield "digest replaced", {**good, digest: sign_headers(node, b"{}", key_id, sign=sign)[digest]}
    yield "no digest", {**good, digest: None}
    yield "weak digest", {**good, digest: "MD5=1B2M2Y8AsgTpgAmY7PhCfg==" if cavages else "md5=:1B2M2Y8A:"}
    yield (
        "contradictory",
        {**good, digest: f"{good[digest]}, {sign_headers(node, b'', key_id, sign=sign)[digest]}"},
    )
    yield (
        "another path",
        sign_headers(node, body, key_id, sign=sign, signed_url=f"{node.base}/users/bob/inbox"),
    )
    yield "another host", sign_headers(node, body, key_id, sign=sign, signed_url="https://other.test/inbox")
    yield "another method", sign_headers(node, body, key_id, sign=sign, method="PUT")
    yield "too old", sign_headers(node, body, key_id, sign=sign, age_ms=13 * HOUR)
    yield "of tomorrow", sign_headers(node, body, key_id, sign=sign, age_ms=-360_000)
    yield "another's key", sign_headers(node, body, key_id, sign=sign, number=2)
    for what, path in KEYS:
        yield (
            what,
            sign_headers(node, body, path.format(beta="https://beta.test", alpha=node.base), sign=sign),
        )
    if not cavages:
        return
    raw = good["Signature"]
    yield "two keys named", {**good, "Signature": f'{raw},keyId="https://evil.test/key"'}
    yield "no algorithm", {**good, "Signature": raw.replace("rsa-sha256", "none")}
    covered = '(request-target)" host date digest'
    text = f"(request-target): post /inbox\nhost: alpha.test\ndate: {good['Date']}\ndigest: {good['Digest']}"
    for name in ("hmac-sha256", "rsa-sha256", "hs2019"):
        mac = base64.b64encode(hmac.digest(made.rsa(1)[1].encode(), text.encode(), "sha256")).decode()
        head = (
            f'keyId="{key_id}",algorithm="{name}",headers="{covered.replace(chr(34), "")}",signature="{mac}"'
        )
        yield f"{name} with the public key", {**good, "Signature": head}
    other = sign_headers(node, body, "https://evil.test/key", sign=rfc9421.sign)
    yield "beside RFC 9421", {**good, "Signature-Input": other["Signature-Input"]}


# Keys that are no keys of the actor: where they are said to be.
KEYS = (
    ("nowhere", "https://nowhere.test/key"),
    ("our own", "{alpha}/users/ann#main-key"),
    ("of a neighbour", "{beta}/users/mallory#main-key"),
    ("missing", "{beta}/missing#key"),
    ("gone", "{beta}/gone#key"),
    ("broken", "{beta}/broken#key"),
    ("a page", "{beta}/page#key"),
    ("no JSON", "{beta}/garbage#key"),
    ("through a redirect", "{beta}/moved#key"),
    ("of another owner", "{beta}/claims#key"),
    ("not published", "{beta}/users/eve#other-key"),
    ("1024 bits", "{beta}/users/weak#main-key"),
    ("exponent 3", "{beta}/users/low#main-key"),
    ("9000 bits", "{beta}/users/huge#main-key"),
    ("no address", "main-key"),
)
WEAK = ("1024 bits", "exponent 3", "9000 bits")


def _pem(key: Any) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()  # type: ignore[no-any-return]


def bad_keys(beta: StubPeer, far: StubPeer) -> None:
    """Serve everything that KEYS names."""
    beta.serve("/gone", {}, status=410)
    beta.serve("/broken", {}, status=500)
    beta.serve("/page", b"<html>", kind="text/html")
    beta.serve("/garbage", b"{", kind="application/activity+json")
    beta.serve_redirect("/moved", far.serve_actor("eve"))
    far_key = {"id": f"{beta.base}/claims#key", "owner": f"{far.base}/users/eve"}
    beta.serve("/claims", {**far_key, "publicKeyPem": made.rsa(1)[1]})
    low = generate_private_key(public_exponent=3, key_size=2_048).public_key()
    weak = generate_private_key(public_exponent=65_537, key_size=1_024).public_key()
    huge = RSAPublicNumbers(65_537, 2**8_999 + 1).public_key()
    for name, key in (("weak", weak), ("low", low), ("huge", huge)):
        uri = f"{beta.base}/users/{name}"
        beta.serve_actor(name, publicKey={"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": _pem(key)})


@pytest.mark.parametrize("sign", [cavage.sign, rfc9421.sign], ids=["cavage", "rfc9421"])
async def test_forged_signatures_are_refused(start: Start, names: tls.LoopbackResolver, sign: Sign) -> None:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    async with StubPeer(names, "beta.test") as beta, StubPeer(names, "far.test") as far:
        eve = beta.serve_actor("eve")
        beta.serve_actor("mallory", 1)
        bad_keys(beta, far)
        to = {"tag": [{"type": "Mention", "href": f"{alpha.base}/users/ann", "name": "@ann"}]}
        create = act("Create", eve, note(eve, "1", **to), "create")
        body = msgspec.json.encode(create)
        for what, headers in forgeries(alpha, body, eve, sign):
            status, text = await post_to_inbox(alpha, body, headers)
            assert status == (403 if what == "of a neighbour" else 401), (what, status, text)
            assert "error" in msgspec.json.decode(text), what
            assert what not in WEAK or "bad-key" in text, (what, text)
        personal = sign_headers(
            alpha, body, f"{eve}#main-key", sign=sign, number=2, signed_url=f"{alpha.base}/users/ann/inbox"
        )
        assert (await post_to_inbox(alpha, body, personal, "/users/ann/inbox"))[0] == 401
        await drain(alpha)
        assert await find_post(alpha, f"{eve}/1") is None

        # Clocks may differ; what is repeated is taken once, also after it was deleted.
        for late in (11 * HOUR, -240_000, 0):
            good = sign_headers(alpha, body, f"{eve}#main-key", sign=sign, age_ms=late)
            assert (await post_to_inbox(alpha, body, good))[0] == 202
        await drain(alpha)
        assert (await find_post(alpha, f"{eve}/1")).html == "<p>x</p>"
        assert (await post_to_inbox(alpha, body, good))[0] == 202
        await drain(alpha)
        assert read_value(alpha.node.services.metrics.activities, "Create", "done") == 1
        assert await deliver(alpha, act("Delete", eve, f"{eve}/1")) == 202
        await drain(alpha)
        alpha.clock.forward(hours=11)
        assert (await post_to_inbox(alpha, body, good))[0] == 202
        again = act("Create", eve, create["object"], "create-again")
        assert await deliver(alpha, again) == 202
        await drain(alpha)
        assert await find_post(alpha, f"{eve}/1") is None

        # A new key is read once; then the old one is dead.
        beta.serve_actor("eve", 3)
        assert await deliver(alpha, act("Like", eve, "x", "a"), number=3) == 202
        alpha.clock.forward(seconds=301)
        assert await deliver(alpha, act("Like", eve, "x", "b"), number=1) == 401


async def test_embedded_activity_of_another_host_is_read_from_its_origin(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    async with StubPeer(names, "beta.test") as beta, StubPeer(names, "far.test") as far:
        eve, trent = beta.serve_actor("eve"), far.serve_actor("trent", 2)
        true = note(trent, "1", content="<p>true</p>")
        far.serve("/users/trent/1", true)
        forged = {**true, "content": "<p>forged</p>", "signature": {"type": "RsaSignature2017"}}
        tag = {"tag": [{"type": "Mention", "href": ann.uri, "name": "@ann"}]}
        for number, document in enumerate(
            (
                act("Create", eve, {**forged, **tag}),
                act("Create", eve, {**forged, "id": f"{trent}/2", **tag}),
                act("Create", eve, note(eve, "3", attributedTo=trent, **tag)),
                act("Announce", eve, act("Create", trent, {**forged, "id": f"{trent}/4"}), to=[PUBLIC]),
            )
        ):
            assert await deliver(alpha, {**document, "id": f"{eve}/acts/{number}"}) == 202
        assert await deliver(alpha, act("Create", trent, true), key_id=f"{eve}#main-key") == 403
        assert await deliver(alpha, {**act("Create", eve, true), "id": f"{trent}/act"}) == 403
        await drain(alpha)
        assert (await find_post(alpha, f"{trent}/1")).html == "<p>true</p>"
        for uri in (f"{trent}/2", f"{eve}/3", f"{trent}/4"):
            assert await find_post(alpha, uri) is None, uri


async def test_activity_about_what_another_actor_owns_is_ignored(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha = await start("alpha.test")
    ann, bob = await alpha.create_member("ann"), await alpha.create_member("bob")
    async with StubPeer(names, "beta.test") as beta:
        eve, mallory = beta.serve_actor("eve", 1), beta.serve_actor("mallory", 2)
        remote_eve = await alpha.node.services.resolver.resolve_account("@eve@beta.test")
        async with alpha.db.write() as tx:
            await follows.follow(tx, alpha.site, ann, remote_eve)
            request = await follow_queries.find_request(tx, ann.id, remote_eve.id)
            await follows.follow(tx, alpha.site, bob, ann)
        ours, liked = await alpha.publish(ann, "ours"), await alpha.publish(ann, "liked and nothing else")
        private = await alpha.publish(ann, "private", visibility="followers")
        uri, hidden = (f"{ann.uri}/statuses/{post}" for post in (ours, private))

        # Only the one who was asked answers, and only what was asked.
        asked = {"id": request.uri, "type": "Follow", "actor": ann.uri, "object": eve}
        lies = [
            act("Accept", mallory, asked),
            act("Accept", mallory, {**asked, "object": mallory}, "2"),
            act("Accept", mallory, request.uri, "3"),
            act("Reject", mallory, request.uri, "4"),
        ]
        for lie in lies:
            assert await deliver(alpha, lie, number=2) == 202
        assert await deliver(alpha, act("Accept", eve, {**asked, "actor": bob.uri}, "none")) == 202
        await drain(alpha)
        async with alpha.db.read() as tx:
            assert await follow_queries.find_request(tx, ann.id, remote_eve.id) is not None
            assert await follow_queries.find(tx, ann.id, remote_eve.id) is None
            assert await follow_queries.find(tx, bob.id, remote_eve.id) is None
        assert await deliver(alpha, act("Accept", eve, asked, "yes")) == 202
        first, own = note(eve, "1"), act("Like", eve, uri, "like")
        other = act("Like", eve, f"{ann.uri}/statuses/{liked}", "other-like")
        assert await deliver(alpha, act("Create", eve, first)) == 202
        fox = act("EmojiReact", eve, uri, "fox", content="🦊")
        for activity in (own, {**own, "id": f"{eve}/like-2"}, fox, other):
            assert await deliver(alpha, activity) == 202
        await drain(alpha)
        async with alpha.db.read() as tx:
            assert await follow_queries.find(tx, ann.id, remote_eve.id) is not None

        lure = beta.serve("/users/eve/lure", note(eve, "lure"))
        changed = {"content": "<p>forged</p>", "updated": "2026-11-18T12:00:00Z"}
        local = {"id": uri, "type": "Note", "attributedTo": ann.uri, "to": [PUBLIC], "published": WHEN}
        for number, lie in enumerate(
            (
                act("Update", mallory, {**first, **changed}),
                act("Update", mallory, {**first, **changed, "attributedTo": mallory}),
                act("Create", mallory, {**first, **changed, "attributedTo": mallory}),
                act("Delete", mallory, f"{eve}/1"),
                act("Delete", mallory, {"id": f"{eve}/1", "type": "Tombstone"}),
                act("Delete", mallory, eve),
                act("Delete", mallory, uri),
                act("Delete", mallory, ann.uri),
                act("Update", mallory, {**local, **changed}),
                act("Update", mallory, {**local, **changed, "attributedTo": mallory}),
                act("Undo", mallory, own),
                act("Undo", mallory, {**own, "actor": mallory}),
                act("Undo", mallory, own["id"]),
                act("Undo", mallory, other["id"]),
                act("Undo", mallory, asked),
                act("Announce", mallory, hidden, to=[PUBLIC]),
                act("Like", mallory, hidden),
                act("Announce", mallory, lure, to=[PUBLIC]),  # whom nobody follows: nothing is fetched
                act("Block", mallory, {"id": eve}),
            )
        ):
            assert await deliver(alpha, {**lie, "id": f"{mallory}/forged-{number}"}, number=2) == 202, number
        # A second Create is no edit; our followers are nobody's but ours to address.
        assert await deliver(alpha, act("Create", eve, {**first, **changed}, "again")) == 202
        sly = note(eve, "sly", to=[f"{ann.uri}/followers"], cc=[ann.uri])
        assert await deliver(alpha, act("Create", eve, sly, "sly-act")) == 202
        await drain(alpha)
        assert (await find_post(alpha, f"{eve}/1")).html == "<p>x</p>"
        row = await find_post(alpha, uri)
        assert (row.likes_count, row.boosts_count, "ours" in row.html) == (1, 0, True)
        assert (await find_post(alpha, other["object"])).likes_count == 1
        assert await find_post(alpha, lure) is None
        row = await find_post(alpha, hidden)
        assert (row.likes_count, row.boosts_count) == (0, 0)
        slyly = await find_post(alpha, f"{eve}/sly")
        assert slyly.visibility == "direct"
        assert str(slyly.id) not in str(
            await Api(alpha, await alpha.create_token(bob)).get("/api/v1/timelines/home")
        )

        # The rightful owner may.
        for number, activity in enumerate((own, fox)):  # together they were one like
            assert await deliver(alpha, act("Undo", eve, activity, f"undo-{number}")) == 202
        assert await deliver(alpha, act("Delete", eve, f"{eve}/1")) == 202
        await drain(alpha)
        assert (await find_post(alpha, uri)).likes_count == 0
        assert await find_post(alpha, f"{eve}/1") is None


LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


async def test_fetched_document_with_an_id_elsewhere_is_refused(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha = await start("alpha.test")
    async with StubPeer(names, "beta.test") as beta, StubPeer(names, "far.test") as far:
        eve = beta.serve_actor("eve")
        look = alpha.node.services.resolver.resolve_post
        for kind in ("application/json", "text/plain", "image/png", "application/ld+json", "text/html", "x"):
            place = f"users/eve/{len(beta.pages)}"
            beta.serve(f"/{place}", note(eve, place.rpartition("/")[2]), kind=kind)
            assert await look(f"{beta.base}/{place}") is None, kind
        upload = far.serve("/upload", note(eve, "planted"))
        deep = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
        bad = [
            upload,
            beta.serve_redirect("/to-upload", upload),
            beta.serve_redirect("/to-http", "http://beta.test/users/eve"),
            beta.serve_redirect("/loop", f"{beta.base}/loop"),
            beta.serve_redirect("/inwards", "https://127.0.0.1:1/x"),
            beta.serve_redirect("/ours", f"{alpha.base}/users/x"),
            beta.serve("/deep", deep),
            beta.serve("/nan", b'{"id": NaN}'),
            beta.serve("/infinite", b'{"id": 1e999}'),
            beta.serve("/surrogate", b'{"id": "\\ud800"}'),
            beta.serve("/list", b"[]"),
            beta.serve("/bytes", b'{"id": "\xff"}'),
            beta.serve("/long", b'{"id": "' + b"x" * 1_100_000 + b'"}'),
            beta.serve("/nobody", note(f"{beta.base}/users/nobody", "1")),
            beta.serve(
                "/users/eve/of-trent", note(eve, "of-trent", attributedTo=far.serve_actor("trent", 2))
            ),
        ]
        for address in bad:
            assert await look(address) is None, address
        assert await find_post(alpha, f"{eve}/planted") is None
        for number, kind in enumerate(("application/activity+json", LD)):
            address = beta.serve(f"/users/eve/good-{number}", note(eve, f"good-{number}"), kind=kind)
            assert await look(address) is not None


ODD: list[Any] = [None, 7, -1, 1.5, True, "", "x", "\0\u202e", [], [[]], [None, 3], {}, {"id": 5}, 10**400]


async def test_hostile_documents_once_stored_can_be_rendered(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    api = Api(alpha, await alpha.create_token(ann))
    mention = {"type": "Mention", "href": ann.uri, "name": "@ann"}
    async with StubPeer(names, "beta.test") as beta:
        eve = beta.serve_actor("eve", icon=10**400, name=["\0", {}], summary={"a": 1}, attachment=[[], 3])
        hostile: list[dict[str, Any]] = [
            {name: value}
            for name in ("content", "summary", "published", "updated", "url", "attachment", "inReplyTo", "cc",
                         "contentMap", "source", "sensitive", "quote", "interactionPolicy", "context", "name")
            for value in ODD[len(name) % 5 :: 5]
        ]  # fmt: skip
        hostile += [
            {"tag": [mention, *[{"type": "Hashtag", "name": f"#t{n}"} for n in range(10_000)]]},
            {"tag": [mention, *[{**mention, "href": f"https://x.test/{n}"} for n in range(10_000)]]},
            {"attachment": [{"type": "Image", "url": f"https://x.test/{n}"} for n in range(5_000)]},
            {"cc": [f"https://x.test/{n}" for n in range(20_000)]},
            {"content": "<p>" + "<b>" * 100_000}, {"content": "&" * 400_000},
            {"published": "0000-01-01T00:00:00Z"},
            {"published": "10000-01-01T00:00:00Z"}, {"type": ["Note", 3]},
            {"updated": "9999-12-31T23:59:59Z"},
            {"type": "Question", "oneOf": [{"name": None}, 3, {"type": "Note", "name": "a", "replies": 3}]},
            {"type": "Question", "anyOf": {"name": "a"}, "endTime": 10**400, "votersCount": -5},
        ]  # fmt: skip
        for number, changes in enumerate(hostile):
            document = note(eve, str(number), **{"tag": [mention], **changes})
            status = await deliver(alpha, act("Create", eve, document, f"act-{number}"))
            assert status in (202, 400), (status, str(changes)[:80])
        await drain(alpha)
        async with alpha.db.read() as tx:
            assert await inbox_queries.count_pending(tx) == 0, "none is tried again"
        account = await api.get("/api/v1/accounts/lookup", acct="eve@beta.test")
        shown = await api.get(f"/api/v1/accounts/{account['id']}/statuses", limit=40)
        assert len(shown) == 40
        assert all(status["uri"].startswith(eve) for status in shown)
        heard = await api.get("/api/v1/notifications", limit=80)
        assert len(heard) >= 40
        for status in shown[::8]:
            await api.get(f"/api/v1/statuses/{status['id']}/context")
