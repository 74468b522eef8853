"""Peers that are no nodes of ours: documents under the names of several hosts, real TLS, real signatures.

`peers.documents` maps an id to the document there; a status instead of a document is answered as it is.
"""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import web

from activitypub import keys
from activitypub.signatures import cavage
from activitypub.signatures.digest import sha256
from activitypub.signatures.request import SignedRequest
from tests.kit import keys as made
from tests.kit import tls
from tests.kit.nodes import TestNode

Document = dict[str, Any]
CONTENT_TYPE = "application/activity+json"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def make_actor(uri: str, username: str, kind: str = "Person", **more: Any) -> Document:
    """Return an actor with the keys that all of these peers have."""
    host = urlsplit(uri).netloc
    return {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": uri,
        "type": kind,
        "preferredUsername": username,
        "name": username.title(),
        "inbox": f"{uri}/inbox",
        "outbox": f"{uri}/outbox",
        "followers": f"{uri}/followers",
        "endpoints": {"sharedInbox": f"https://{host}/inbox"},
        "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": made.rsa(1)[1]},
        **more,
    }


class StubPeers:
    """`async with Peers(names, "a.test", "b.test") as peers`; `received` is what their inboxes got.

    With `newer` they let only those read who sign by RFC 9421.
    """

    def __init__(self, names: tls.LoopbackResolver, *hosts: str) -> None:
        self._names = names
        self._hosts = hosts
        self.documents: dict[str, Document | bytes | int] = {}
        self.received: list[Document] = []
        self.requested_uris: list[str] = []
        self.requires_rfc9421 = False
        application = web.Application()
        application.router.add_get("/.well-known/webfinger", self._serve_webfinger)
        application.router.add_get("/{path:.*}", self._serve_document)
        application.router.add_post("/{path:.*}", self._receive)
        self._runner = web.AppRunner(application, access_log=None)

    def serve(self, *documents: Document) -> None:
        self.documents |= {document["id"]: document for document in documents}

    def serve_picture(self, url: str, data: bytes) -> None:
        self.documents[url] = data

    async def deliver(
        self, node: TestNode, sender: str, activity: Document, content_type: str = CONTENT_TYPE
    ) -> int:
        """Deliver an activity, signed by `sender`; the status of the answer."""
        body, url = json.dumps(activity).encode(), f"{node.base}/inbox"
        request = SignedRequest("POST", node.base, "/inbox", {}, body)
        key = keys.load_private(made.rsa(1)[0])
        headers = cavage.sign(key, f"{sender}#main-key", request, node.clock(), sha256(body))
        async with node.http.post(
            url, data=body, headers={**headers, "Content-Type": content_type}
        ) as answer:
            return answer.status

    async def _serve_webfinger(self, request: web.Request) -> web.Response:
        name = request.query["resource"].removeprefix("acct:")
        for uri, found in self.documents.items():
            if isinstance(found, dict) and name == f"{found.get('preferredUsername')}@{urlsplit(uri).netloc}":
                links = [{"rel": "self", "type": CONTENT_TYPE, "href": uri}]
                return web.json_response({"subject": f"acct:{name}", "links": links})
        return web.Response(status=404)

    async def _serve_document(self, request: web.Request) -> web.Response:
        uri = f"https://{request.host}{request.path_qs}"
        self.requested_uris.append(uri)
        found = self.documents.get(uri, 404)
        if self.requires_rfc9421 and "Signature-Input" not in request.headers:
            return web.Response(status=401)
        if isinstance(found, int):
            return web.Response(status=found)
        if isinstance(found, bytes):
            return web.Response(body=found, content_type="image/png")
        return web.Response(body=json.dumps(found).encode(), content_type=CONTENT_TYPE)

    async def _receive(self, request: web.Request) -> web.Response:
        self.received.append(await request.json())
        return web.Response(status=202)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        for host in self._hosts:
            site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls.server_context(host))
            await site.start()
            self._names.ports[host] = self._runner.addresses[-1][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
