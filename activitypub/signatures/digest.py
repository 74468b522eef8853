"""Digests of bodies: `Digest` (RFC 3230, as draft-cavage uses it) and `Content-Digest` (RFC 9530)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from activitypub.errors import SignatureError


def sha256(body: bytes) -> str:
    """Return SHA-256 of a body in base64; it is computed once for all inboxes."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def digest_header(digest: str) -> str:
    """Return the value of `Digest`."""
    return f"SHA-256={digest}"


def content_digest_header(digest: str) -> str:
    """Return the value of `Content-Digest`."""
    return f"sha-256=:{digest}:"


def check_digest(value: str, body: bytes) -> None:
    """Check a `Digest` header: every SHA-256 in it must be right and there must be one.

    Other algorithms beside it are not looked at. Raises SignatureError.
    """
    digests = []
    for part in value.split(","):
        name, _, encoded = part.strip().partition("=")
        if name.strip().lower() == "sha-256":
            digests.append(encoded.strip())
    _compare(digests, body)


def check_content_digest(value: str, body: bytes) -> None:
    """Check a `Content-Digest` header. Raises SignatureError."""
    digests = []
    for part in value.split(","):
        name, _, encoded = part.strip().partition("=")
        if name.strip() == "sha-256" and encoded[:1] == ":" and encoded[-1:] == ":":
            digests.append(encoded[1:-1])
    _compare(digests, body)


def _compare(digests: list[str], body: bytes) -> None:
    if not digests:
        raise SignatureError("digest-missing", "no SHA-256")
    expected = hashlib.sha256(body).digest()
    for encoded in digests:
        try:
            digest = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise SignatureError("digest-wrong", "not base64") from error
        # guard: digest
        if not hmac.compare_digest(digest, expected):
            raise SignatureError("digest-wrong")
