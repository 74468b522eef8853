"""Signatures by this node: the instance actor signs fetches, an account signs deliveries and documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from activitypub.document import Document
from activitypub.errors import ActivityPubError
from activitypub.signatures import cavage, proofs, rfc9421
from activitypub.signatures.request import SignedRequest
from activitypub.terms import ACTIVITY_JSON
from addresses.hosts import normalize_url
from fedserver.federation.keys import Keyring
from storage.engine import ReadTx

SCHEMES = {"cavage": cavage.sign, "rfc9421": rfc9421.sign}


def build_request(method: str, url: str, body: bytes = b"") -> SignedRequest:
    """Return a request to `url` as it is to be signed."""
    parts = urlsplit(normalize_url(url) or url)
    target = parts.path or "/"
    if parts.query:
        target = f"{target}?{parts.query}"
    return SignedRequest(method, f"{parts.scheme}://{parts.netloc}", target, {}, body)


class Signer:
    """Signs requests with one key."""

    def __init__(self, key_id: str, key: RSAPrivateKey, clock: Callable[[], int]) -> None:
        self._key_id = key_id
        self._key = key
        self._clock = clock

    def sign_get(self, method: str, url: str) -> Mapping[str, str]:
        """Return the headers that sign a GET, in the older scheme that every server knows."""
        return cavage.sign(self._key, self._key_id, build_request(method, url), self._clock())

    def sign_get_rfc9421(self, method: str, url: str) -> Mapping[str, str]:
        """Return the headers that sign a GET by RFC 9421."""
        return rfc9421.sign(self._key, self._key_id, build_request(method, url), self._clock())

    def sign_post(self, url: str, digest: str, scheme: str) -> dict[str, str]:
        """Return the headers of a POST of a body with this SHA-256; `scheme` is cavage or rfc9421."""
        request = build_request("POST", url)
        headers = SCHEMES[scheme](self._key, self._key_id, request, self._clock(), digest)
        return {**headers, "Content-Type": ACTIVITY_JSON}


async def add_proof(tx: ReadTx, keyring: Keyring, sender_id: int, document: Document) -> Document:
    """Return the document with an integrity proof by its sender (FEP-8b32), if it has a key for one."""
    try:
        uri, key = await keyring.get_ed25519(tx, sender_id)
        return proofs.sign(document, key, uri, tx.now)
    except (LookupError, ActivityPubError):
        return document
