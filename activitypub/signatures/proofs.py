"""Object integrity proofs (FEP-8b32), cryptosuite eddsa-jcs-2022.

The signed bytes are the SHA-256 digest of the proof options, followed by that of the document without its
proof, both in canonical form (JCS, RFC 8785). A caller that also checks the owner of the key and the time may
accept the document from any host.
"""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from activitypub.document import Document, format_instant, parse_instant
from activitypub.errors import SignatureError
from activitypub.keys import PublicKey, decode_base58, encode_base58
from activitypub.signatures.cavage import MAX_AGE_MS, MAX_AHEAD_MS

SUITE = "eddsa-jcs-2022"


def sign(document: Document, key: Ed25519PrivateKey, key_uri: str, now: int) -> Document:
    """Return a copy of `document` with a proof by `key`, made at `now` (ms UTC).

    All other fields must be set before: a later change makes the proof invalid.
    """
    options: Document = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        # Whole seconds, as in the examples of FEP-8b32.
        "created": format_instant(now // 1000 * 1000).replace(".000Z", "Z"),
        "verificationMethod": key_uri,
        "proofPurpose": "assertionMethod",
    }
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    if "@context" in unsigned:
        options["@context"] = unsigned["@context"]
    signature = key.sign(compute_signing_input(options, unsigned))
    return {**unsigned, "proof": {**options, "proofValue": "z" + encode_base58(signature)}}


def verify(document: Document, key: PublicKey) -> None:
    """Check the proof in `document` with `key`, but not its time (see `check_time`). Raises SignatureError.

    The caller checks whose key it is, and whether that actor may publish the document.
    """
    proof: Any = document.get("proof")
    if not isinstance(proof, dict) or proof.get("type") != "DataIntegrityProof":
        raise SignatureError("proof-missing")
    if proof.get("cryptosuite") != SUITE or proof.get("proofPurpose") != "assertionMethod":
        raise SignatureError("proof-unknown")
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureError("bad-key", "not an Ed25519 key")
    encoded = proof.get("proofValue")
    signature = decode_base58(encoded[1:]) if isinstance(encoded, str) and encoded.startswith("z") else b""
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    try:
        key.verify(signature, compute_signing_input(options, unsigned))
    except InvalidSignature as error:
        raise SignatureError("proof-wrong") from error


def check_time(document: Document, now: int) -> int:
    """Check that the proof was made recently and has not expired at `now`, and return when it was made.

    Otherwise an old document could be replayed. Times are in ms UTC. Raises SignatureError.
    """
    proof = document.get("proof")
    created = parse_instant(proof.get("created")) if isinstance(proof, dict) else None
    written_expiry = proof.get("expires") if isinstance(proof, dict) else None
    if created is None or not now - MAX_AGE_MS <= created <= now + MAX_AHEAD_MS:
        raise SignatureError("proof-wrong", "`created` is missing, too old or in the future")
    if written_expiry is not None:
        expires = parse_instant(written_expiry)
        # Clocks differ, so there is as much leeway as for HTTP signatures. An unreadable time may be over.
        if expires is None or expires < now - MAX_AHEAD_MS:
            raise SignatureError("proof-wrong", "expired")
    return created


def find_verification_method(document: Document) -> str | None:
    """Return the URI of the key that the proof names. Returns None if there is no proof, or it names none."""
    proof = document.get("proof")
    method = proof.get("verificationMethod") if isinstance(proof, dict) else None
    return method if isinstance(method, str) else None


def compute_signing_input(options: Document, unsigned: Document) -> bytes:
    """Return the bytes that are signed. Raises SignatureError."""
    try:
        return (
            hashlib.sha256(rfc8785.dumps(options)).digest() + hashlib.sha256(rfc8785.dumps(unsigned)).digest()
        )
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise SignatureError("proof-wrong", "the document has no canonical form") from error
