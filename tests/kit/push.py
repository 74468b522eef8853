"""A push service on loopback, and a client that reads messages with an implementation that is not ours."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from typing import Any

import http_ece
from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.kit import tls

HOST = "push.test"


def encode_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Device:
    """A browser or a phone with keys of its own."""

    def __init__(self, name: str = "one", *, standard: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.endpoint = f"https://{HOST}/{name}"
        self.standard = standard

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    def make_subscription(self) -> dict[str, Any]:
        """Return the subscription as a client sends it."""
        keys = {"p256dh": encode_base64url(self.public_key), "auth": encode_base64url(self.auth)}
        return {"endpoint": self.endpoint, "keys": keys, "standard": self.standard}

    def decrypt(self, message: ReceivedPush) -> dict[str, Any]:
        """Decrypt a message, in the encoding that was asked for."""
        headers = message.headers
        if self.standard:
            assert headers["Content-Encoding"] == "aes128gcm"
            plain = http_ece.decrypt(
                message.body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
            )
        else:
            assert headers["Content-Encoding"] == "aesgcm"
            keys = dict(part.split("=", 1) for part in headers["Crypto-Key"].split(";"))
            plain = http_ece.decrypt(
                message.body,
                salt=decode_base64url(headers["Encryption"].removeprefix("salt=")),
                private_key=self.key,
                dh=decode_base64url(keys["dh"]),
                auth_secret=self.auth,
                version="aesgcm",
            )
        found: dict[str, Any] = json.loads(plain)
        return found


class ReceivedPush:
    """A message that the push service received."""

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body

    def verify_claims(self, server_key: str) -> dict[str, Any]:
        """Return the claims of the node, after verifying their signature with the key that clients got."""
        authorization = self.headers["Authorization"]
        if authorization.startswith("vapid "):
            parts = dict(part.strip().split("=", 1) for part in authorization[6:].split(","))
            token, key = parts["t"], parts["k"]
        else:
            token = authorization.removeprefix("WebPush ")
            key = self.headers["Crypto-Key"].partition("p256ecdsa=")[2]
        assert key == server_key
        head, body, signature = token.split(".")
        assert json.loads(decode_base64url(head)) == {"typ": "JWT", "alg": "ES256"}
        raw = decode_base64url(signature)
        assert len(raw) == 64
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode_base64url(key))
        public.verify(
            encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")),
            f"{head}.{body}".encode(),
            ec.ECDSA(hashes.SHA256()),
        )
        found: dict[str, Any] = json.loads(decode_base64url(body))
        return found


class PushService:
    """https://push.test: keeps what it is sent and answers with `status`."""

    def __init__(self, names: tls.LoopbackResolver) -> None:
        self.status = 201
        self.headers: dict[str, str] = {}
        self.received: list[ReceivedPush] = []
        self.arrival = asyncio.Event()
        self.release_event: asyncio.Event | None = None
        self._names = names
        application = web.Application()
        application.router.add_post("/{name}", self._receive)
        self._runner = web.AppRunner(application, access_log=None)

    async def _receive(self, request: web.Request) -> web.Response:
        self.received.append(ReceivedPush(request.path, dict(request.headers), await request.read()))
        self.arrival.set()
        if self.release_event is not None:
            await self.release_event.wait()
        return web.Response(status=self.status, headers=self.headers)

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls.server_context(HOST)).start()
        self._names.ports[HOST] = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self._runner.cleanup()

    def take_received(self) -> list[ReceivedPush]:
        """Return the messages that came since the last call."""
        found, self.received = self.received, []
        return found
