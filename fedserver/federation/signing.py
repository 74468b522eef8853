"""Signing requests of ours: the instance actor's for reading, an account's for deliveries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from activitypub.signatures import cavage, rfc9421
from activitypub.signatures.request import SignedRequest
from activitypub.terms import ACTIVITY_JSON

SCHEMES = {"cavage": cavage.sign, "rfc9421": rfc9421.sign}


def build_request(method: str, url: str, body: bytes = b"") -> SignedRequest:
    """A request to `url`, to be signed."""
    parts = urlsplit(url)
    target = parts.path or "/"
    if parts.query:
        target = f"{target}?{parts.query}"
    return SignedRequest(method, f"{parts.scheme}://{parts.netloc}", target, {}, body)


class Signer:
    """Signs with one key."""

    def __init__(self, key_id: str, key: RSAPrivateKey, clock: Callable[[], int]) -> None:
        self._key_id = key_id
        self._key = key
        self._clock = clock

    def sign_get(self, method: str, url: str) -> Mapping[str, str]:
        """Headers that sign a GET."""
        return cavage.sign(self._key, self._key_id, build_request(method, url), self._clock())

    def sign_get_rfc9421(self, method: str, url: str) -> Mapping[str, str]:
        """The same by RFC 9421."""
        return rfc9421.sign(self._key, self._key_id, build_request(method, url), self._clock())

    def sign_post(self, url: str, digest: str, scheme: str) -> dict[str, str]:
        """Headers for a POST of a body with this SHA-256; `scheme` is cavage or rfc9421."""
        request = build_request("POST", url)
        headers = SCHEMES[scheme](self._key, self._key_id, request, self._clock(), digest)
        return {**headers, "Content-Type": ACTIVITY_JSON}
