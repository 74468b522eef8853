"""Peers that are no node: actors and documents as a test writes them, and requests signed as it likes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from activitypub import webfinger
from activitypub.document import Document
from activitypub.keys import load_private
from activitypub.signatures import cavage
from activitypub.signatures.digest import sha256
from activitypub.signatures.request import SignedRequest
from activitypub.terms import ACTIVITY_JSON
from fedserver.federation.signing import build_request
from tests.kit import keys, tls
from tests.kit.nodes import TestNode
from tests.kit.sites import StubSite

Sign = Callable[..., dict[str, str]]


class StubPeer(StubSite):
    """`async with Peer(names, "beta.test") as beta`: a host of other software."""

    def __init__(self, names: tls.LoopbackResolver, host: str) -> None:
        super().__init__(names, host, {})
        self.base = f"https://{host}"
        self.host = host

    def serve(self, path: str, document: Any, *, kind: str = ACTIVITY_JSON, status: int = 200) -> str:
        """Serve a document at a path and return its address."""
        body = document if isinstance(document, bytes) else msgspec.json.encode(document)
        self.pages[path] = web.Response(body=body, status=status, headers={"Content-Type": kind})
        return self.base + path

    def serve_redirect(self, path: str, target: str) -> str:
        self.pages[path] = web.Response(status=302, headers={"Location": target})
        return self.base + path

    def serve_actor(self, name: str, number: int = 1, /, **changes: Any) -> str:
        """Serve an actor whose key is `keys.rsa(number)`, confirmed by WebFinger, and return its address."""
        uri = f"{self.base}/users/{name}"
        key = {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": keys.rsa(number)[1]}
        document = {
            "id": uri, "type": "Person", "preferredUsername": name, "inbox": f"{uri}/inbox",
            "followers": f"{uri}/followers", "publicKey": key, **changes,
        }  # fmt: skip
        self.serve(f"/users/{name}", document)
        jrd = webfinger.write_jrd(f"{name}@{self.host}", uri, uri, self.base)
        asked = f"/.well-known/webfinger?resource=acct:{name}@{self.host}"
        self.serve(asked, jrd, kind="application/jrd+json")
        return uri


def load_private_key(number: int = 1) -> RSAPrivateKey:
    key = load_private(keys.rsa(number)[0])
    assert isinstance(key, RSAPrivateKey)
    return key


def sign_headers(
    node: TestNode,
    body: bytes,
    key_id: str,
    *,
    number: int = 1,
    sign: Sign = cavage.sign,
    age_ms: int = 0,
    signed_url: str = "",
    method: str = "POST",
) -> dict[str, str]:
    """Headers for a POST of `body` to `node`; `late` is its age in ms, `to` what is signed."""
    request: SignedRequest = build_request(method, signed_url or f"{node.base}/inbox")
    return sign(load_private_key(number), key_id, request, node.clock() - age_ms, sha256(body))


async def post_to_inbox(
    node: TestNode, body: bytes, headers: Mapping[str, str | None], path: str = "/inbox"
) -> tuple[int, str]:
    """Status and text of the answer; headers that are None are left out."""
    sent = {"Content-Type": ACTIVITY_JSON, **{name: value for name, value in headers.items() if value}}
    async with node.http.post(path, data=body, headers=sent) as answer:
        return answer.status, await answer.text()


async def deliver(node: TestNode, document: Document, *, number: int = 1, key_id: str = "") -> int:
    """Deliver an activity of its actor's, signed as it should be; the status."""
    body = msgspec.json.encode(document)
    headers = sign_headers(node, body, key_id or f"{document['actor']}#main-key", number=number)
    return (await post_to_inbox(node, body, headers))[0]
