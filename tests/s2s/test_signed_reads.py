"""Signed GETs of documents: a signature that cannot be verified counts as none, where none is needed."""

from __future__ import annotations

import pytest

from activitypub.signatures import cavage, rfc9421
from activitypub.terms import ACTIVITY_JSON
from fedserver.domain.peers import peers
from fedserver.domain.peers.peers import PeerDecision
from fedserver.federation.authenticate import MAX_KEYS_PER_READER
from fedserver.federation.signing import build_request
from tests.kit import keys, tls
from tests.kit.nodes import Start, TestNode
from tests.kit.signed_requests import Sign, StubPeer, deliver, load_private_key

HOUR_MS = 3_600_000
UNAVAILABLE = {
    "a host that does not resolve": "https://nowhere.test/key",
    "no document": "https://beta.test/missing#key",
    "a deleted actor": "https://beta.test/gone#key",
    "an error": "https://beta.test/broken#key",
    "a page": "https://beta.test/page#key",
    "no JSON": "https://beta.test/garbage#key",
    "an owner elsewhere": "https://beta.test/claims#key",
    "an actor without this key": "https://beta.test/users/eve#other-key",
    "our own actor": "https://alpha.test/actor#main-key",
    "no address": "acct:eve@beta.test",
}


def serve_bad_keys(beta: StubPeer) -> str:
    """Serve what UNAVAILABLE names; returns the id of an actor with a good key."""
    beta.serve("/gone", {}, status=410)
    beta.serve("/broken", {}, status=500)
    beta.serve("/page", b"<html>", kind="text/html")
    beta.serve("/garbage", b"{", kind=ACTIVITY_JSON)
    claim = {"id": f"{beta.base}/claims#key", "owner": "https://far.test/users/eve"}
    beta.serve("/claims", {**claim, "publicKeyPem": keys.rsa(1)[1]})
    return beta.serve_actor("eve")


def sign_get(
    node: TestNode, path: str, key_id: str, *, number: int = 1, age_ms: int = 0, sign: Sign = cavage.sign
) -> dict[str, str]:
    request = build_request("GET", node.base + path)
    return sign(load_private_key(number), key_id, request, node.clock() - age_ms)


async def read(node: TestNode, path: str, headers: dict[str, str]) -> int:
    async with node.http.get(path, headers={"Accept": ACTIVITY_JSON, **headers}) as answer:
        return answer.status


@pytest.mark.parametrize("sign", [cavage.sign, rfc9421.sign], ids=["cavage", "rfc9421"])
async def test_signed_read_whose_key_cannot_be_read_is_answered_as_unsigned(
    start: Start, names: tls.LoopbackResolver, sign: Sign
) -> None:
    alpha, strict = await start("alpha.test"), await start("strict.test", authorized_fetch=True)
    async with StubPeer(names, "beta.test") as beta:
        eve = serve_bad_keys(beta)
        for node in (alpha, strict):
            await node.create_member("ann")
            assert (
                await read(node, "/users/ann", sign_get(node, "/users/ann", f"{eve}#main-key", sign=sign))
                == 200
            )
        for what, key_id in UNAVAILABLE.items():
            statuses = [
                await read(node, "/users/ann", sign_get(node, "/users/ann", key_id, sign=sign))
                for node in (alpha, strict)
            ]
            assert statuses == [200, 401], what


async def test_signed_read_with_a_signature_that_is_wrong_is_answered_as_unsigned(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    public = f"/users/ann/statuses/{await alpha.publish(ann, 'Hello')}"
    private = f"/users/ann/statuses/{await alpha.publish(ann, 'Psst', visibility='followers')}"
    async with StubPeer(names, "beta.test") as beta:
        key_id = f"{serve_bad_keys(beta)}#main-key"
        good = sign_get(alpha, public, key_id)
        wrong = {
            "another key": sign_get(alpha, public, key_id, number=2),
            "too old": sign_get(alpha, public, key_id, age_ms=13 * HOUR_MS),
            "malformed": {**good, "Signature": "x"},
            "an unknown algorithm": {**good, "Signature": good["Signature"].replace("rsa-sha256", "none")},
            "a key that cannot be read": sign_get(alpha, public, UNAVAILABLE["an error"]),
        }
        assert await read(alpha, public, good) == 200
        for what, headers in wrong.items():
            assert await read(alpha, public, headers) == 200, what
            # What is not public may be there for the one that the signature names.
            assert await read(alpha, private, headers) == 401, what
        assert await read(alpha, private, sign_get(alpha, private, key_id)) == 404
    assert await read(alpha, private, {}) == 404


async def test_signed_read_of_a_blocked_host_is_refused_without_its_key(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    async with alpha.db.write() as tx:
        await peers.decide(tx, None, "nowhere.test", PeerDecision("block"))
    for host in ("nowhere.test", "sub.nowhere.test", "NOWHERE.test", "nowhere.test:8443"):
        headers = sign_get(alpha, "/users/ann", f"https://{host}/key")
        assert await read(alpha, "/users/ann", headers) == 403, host
        assert await read(alpha, "/users/ann", {**headers, "Date": "x"}) == 403, host
        actor = f"https://{host}/users/eve"
        gone = {"id": f"{actor}#delete", "type": "Delete", "actor": actor, "object": actor}
        # Of others this is answered by 202 without a look at the signature: there is nothing to delete.
        assert await deliver(alpha, gone) == 403, host


async def test_signed_reads_with_ever_new_keys_fetch_a_bounded_number(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    async with StubPeer(names, "beta.test") as beta:
        known = sign_get(alpha, "/users/ann", f"{serve_bad_keys(beta)}#main-key")
        assert await read(alpha, "/users/ann", known) == 200
        for number in range(MAX_KEYS_PER_READER + 10):
            headers = sign_get(alpha, "/users/ann", f"https://beta.test/keys/{number}")
            assert await read(alpha, "/users/ann", headers) == 200
        fetched = [path for path in beta.requested_paths if path.startswith("/keys/")]
        # The one of Eve was fetched as well.
        assert len(fetched) == MAX_KEYS_PER_READER - 1
        assert await read(alpha, "/users/ann", known) == 200
        alpha.clock.forward(seconds=301)
        headers = sign_get(alpha, "/users/ann", "https://beta.test/keys/later")
        assert await read(alpha, "/users/ann", headers) == 200
        assert "/keys/later" in beta.requested_paths
