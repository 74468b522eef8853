"""An authenticator in software: makes passkeys and answers with them, rightly or as a test wants it wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import encode_cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encode_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SoftwareAuthenticator:
    """One device with one passkey for one host."""

    def __init__(self, origin: str = "https://alpha.test", host: str = "alpha.test") -> None:
        self.origin = origin
        self.host = host
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.user = ""
        self.count = 0
        self.flags = PRESENT | VERIFIED

    def create(self, options: dict[str, Any], **client: str) -> str:
        """Return the answer to `navigator.credentials.create`."""
        self.user = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + encode_cbor(cose)
        data = self._authenticator_data(self.flags | ATTESTED) + attested
        made = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": encode_base64url(self._client_data("webauthn.create", options, client)),
            "attestationObject": encode_base64url(made),
        }
        return self._encode_answer(response)

    def get(self, options: dict[str, Any], **client: str) -> str:
        """Return the answer to `navigator.credentials.get`."""
        self.count += 1
        data, said = self._authenticator_data(self.flags), self._client_data("webauthn.get", options, client)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": encode_base64url(said),
            "authenticatorData": encode_base64url(data),
            "signature": encode_base64url(signature),
            "userHandle": self.user,
        }
        return self._encode_answer(response)

    def _authenticator_data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, options: dict[str, Any], changes: dict[str, str]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps({**said, **changes}).encode()

    def _encode_answer(self, response: dict[str, Any]) -> str:
        named = encode_base64url(self.id)
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": response})
