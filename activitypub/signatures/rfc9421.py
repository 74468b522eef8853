"""HTTP message signatures (RFC 9421), as Mastodon's documentation (spec/security) narrows them.

One signature only, with `created`, covering `@method` and `@target-uri`, and `content-digest` where there is
a body; RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519, by the key's type. The structure is built and checked by
http-message-signatures.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    MappingKeyResolver,
    algorithms,
)
from msgspec import Struct

from activitypub.errors import SignatureError
from activitypub.keys import PublicKey
from activitypub.signatures.cavage import MAX_AGE_MS, MAX_AHEAD_MS
from activitypub.signatures.digest import check_content_digest, content_digest_header
from activitypub.signatures.request import SignedRequest

MAX_HEADER = 4_096


class MessageSignature(Struct, frozen=True):
    """The parsed `Signature-Input` header."""

    key_id: str
    algorithm: str
    covered: tuple[str, ...]
    created: int  # seconds
    expires: int | None


class SignedMessage:
    """A request of ours with the interface that the library expects of a message."""

    def __init__(self, request: SignedRequest, headers: dict[str, str]) -> None:
        self.method = request.method
        self.url = request.url
        self.headers = headers


class ExternalClockVerifier(HTTPMessageVerifier):
    """A verifier without times: the library has a clock of its own, and allows five seconds."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Do nothing: the times were checked before, by the given clock."""


def sign(
    key: RSAPrivateKey, key_id: str, request: SignedRequest, now: int, digest: str | None = None
) -> dict[str, str]:
    """Return the headers that sign `request`: Content-Digest (with a body), Signature-Input, Signature."""
    headers = {"Content-Digest": content_digest_header(digest)} if digest is not None else {}
    message = SignedMessage(request, headers)
    covered = ("@method", "@target-uri", *(("content-digest",) if digest is not None else ()))
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.RSA_V1_5_SHA256,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: key}),
    )
    created = datetime.fromtimestamp(now // 1000, UTC)
    signer.sign(
        message,
        key_id=key_id,
        created=created,
        label="sig1",
        covered_component_ids=covered,
        use_existing_digest=digest is not None,
    )
    return message.headers


def parse(request: SignedRequest) -> MessageSignature:
    """Read `Signature-Input`. Raises SignatureError if there is not exactly one signature in it."""
    value = request.field("signature-input") or ""
    if len(value) > MAX_HEADER or len(request.field("signature") or "") > MAX_HEADER:
        raise SignatureError("signature-malformed", "too long")
    try:
        signatures: Any = http_sf.parse(value.encode(), tltype="dictionary")
    except (ValueError, UnicodeEncodeError) as error:
        raise SignatureError("signature-malformed", "Signature-Input") from error
    if len(signatures) != 1:
        raise SignatureError("signature-malformed", "not exactly one signature")
    items, parameters = next(iter(signatures.values()))
    if not isinstance(items, list) or len(items) > 30:
        raise SignatureError("signature-malformed", "no list of components")
    created, key_id = parameters.get("created"), parameters.get("keyid")
    expires = parameters.get("expires")
    if not isinstance(created, int) or not isinstance(key_id, str):
        raise SignatureError("signature-malformed", "created or keyid is missing")
    covered = tuple(str(name) for name, _ in items)
    algorithm = str(parameters.get("alg", ""))
    return MessageSignature(
        key_id, algorithm, covered, created, expires if isinstance(expires, int) else None
    )


def verify(parsed: MessageSignature, key: PublicKey, request: SignedRequest, now: int) -> int:
    """Check freshness, coverage, digest and signature; return when it was made. Raises SignatureError."""
    # guard: times of RFC 9421
    _check_times(parsed, now)
    required = ["@method", "@target-uri"]
    if request.method not in ("GET", "HEAD"):
        required.append("content-digest")
        check_content_digest(request.field("content-digest") or "", request.body)
    # guard: coverage of RFC 9421
    if not set(required) <= set(parsed.covered):
        raise SignatureError("coverage-too-small", " ".join(parsed.covered))
    kind = algorithms.ED25519 if isinstance(key, Ed25519PublicKey) else algorithms.RSA_V1_5_SHA256
    if parsed.algorithm not in ("", kind.algorithm_id):
        raise SignatureError("algorithm-refused", parsed.algorithm[:40])
    verifier = ExternalClockVerifier(
        signature_algorithm=kind,
        key_resolver=MappingKeyResolver(public_keys={parsed.key_id: key}, private_keys={}),
    )
    headers = {name: request.field(name) or "" for name in request.headers}
    try:
        verifier.verify(SignedMessage(request, headers), max_age=None, require_components=tuple(required))
    except (HTTPMessageSignaturesException, ValueError, KeyError) as error:
        raise SignatureError("signature-wrong", str(error)[:100]) from error
    return parsed.created * 1000


def _check_times(parsed: MessageSignature, now: int) -> None:
    created = parsed.created * 1000
    # guard: created window
    if created < now - MAX_AGE_MS:
        raise SignatureError("too-old")
    if created > now + MAX_AHEAD_MS:
        raise SignatureError("in-the-future")
    if parsed.expires is not None and parsed.expires * 1000 < now - MAX_AHEAD_MS:
        raise SignatureError("expired")
