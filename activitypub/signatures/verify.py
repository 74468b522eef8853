"""The one entry for every signed request, whatever its scheme.

Two steps, as the key has to be found between them: `parse_claim` reads whose key is claimed, without any key;
`check_signature` verifies with it. Nothing in the request is trusted before that.
"""

from __future__ import annotations

from msgspec import Struct

from activitypub.errors import SignatureError
from activitypub.keys import PublicKey
from activitypub.signatures import cavage, rfc9421
from activitypub.signatures.digest import check_content_digest, check_digest
from activitypub.signatures.request import SignedRequest


class SignatureClaim(Struct, frozen=True):
    """The key that a request claims to be signed with, and the parsed signature."""

    key_id: str
    scheme: str  # cavage, rfc9421
    parsed: cavage.CavageSignature | rfc9421.MessageSignature


def parse_claim(request: SignedRequest) -> SignatureClaim:
    """Read the signature of `request`. Raises SignatureError if there is none or it is malformed.

    A request may carry one signature: where both schemes are present, `Signature` belongs to RFC 9421 and a
    second value is refused.
    """
    if "signature" not in request.headers:
        raise SignatureError("unsigned")
    if "signature-input" in request.headers:
        # guard: one signature
        if len(request.headers["signature"]) != 1 or "keyId=" in request.headers["signature"][0]:
            raise SignatureError("signature-malformed", "two schemes at once")
        message = rfc9421.parse(request)
        return SignatureClaim(message.key_id, "rfc9421", message)
    signature = cavage.parse(request)
    return SignatureClaim(signature.key_id, "cavage", signature)


def check_body(request: SignedRequest) -> None:
    """Check that a body matches its digest, which is cheap and needs no key. Raises SignatureError.

    Whether there has to be a digest, and whether it is signed, is checked by `check_signature`.
    """
    if "signature-input" in request.headers:
        if (value := request.field("content-digest")) is not None:
            check_content_digest(value, request.body)
    elif (value := request.field("digest")) is not None:
        check_digest(value, request.body)


def check_signature(claim: SignatureClaim, key: PublicKey, request: SignedRequest, now: int) -> int:
    """Verify with the key that the claim names; return when the request was signed. Raises SignatureError.

    Both times are in ms UTC.
    """
    if isinstance(claim.parsed, cavage.CavageSignature):
        return cavage.verify(claim.parsed, key, request, now)
    return rfc9421.verify(claim.parsed, key, request, now)
