"""Object integrity proofs (FEP-8b32), cryptosuite eddsa-jcs-2022.

The signed data is SHA-256 of the canonical proof options, then SHA-256 of the canonical document without
proof; canonical is RFC 8785. An object with a valid proof is trusted wherever it was fetched from.
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

SUITE = "eddsa-jcs-2022"
MAX_AGE_MS, MAX_AHEAD_MS = 12 * 3_600_000, 300_000  # as for HTTP signatures


def sign(document: Document, key: Ed25519PrivateKey, key_uri: str, now: int) -> Document:
    """Return a copy of `document` with a proof by `key`, made at `now` (ms UTC). All fields must be final."""
    options: Document = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": format_instant(now // 1000 * 1000).replace(".000Z", "Z"),
        "verificationMethod": key_uri,
        "proofPurpose": "assertionMethod",
    }
    bare = {name: value for name, value in document.items() if name != "proof"}
    if "@context" in bare:
        options["@context"] = bare["@context"]
    signature = key.sign(compute_signing_input(options, bare))
    return {**bare, "proof": {**options, "proofValue": "z" + encode_base58(signature)}}


def verify(document: Document, key: PublicKey) -> None:
    """Check the proof in `document` with `key`. Raises SignatureError.

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
    bare = {name: value for name, value in document.items() if name != "proof"}
    try:
        key.verify(signature, compute_signing_input(options, bare))
    except InvalidSignature as error:
        raise SignatureError("proof-wrong") from error


def check_time(document: Document, now: int) -> int:
    """Check that a proof is new and in force at `now`, so that an old document cannot be replayed.

    Returns when it was made; both times are in ms UTC. Raises SignatureError.
    """
    proof = document.get("proof")
    created = parse_instant(proof.get("created")) if isinstance(proof, dict) else None
    expires = parse_instant(proof.get("expires")) if isinstance(proof, dict) else None
    if created is None or not now - MAX_AGE_MS <= created <= now + MAX_AHEAD_MS:
        raise SignatureError("proof-wrong", "too old, or not made yet")
    if expires is not None and expires < now:
        raise SignatureError("proof-wrong", "expired")
    return created


def find_verification_method(document: Document) -> str | None:
    """Return the key that a proof names, None without a proof."""
    proof = document.get("proof")
    method = proof.get("verificationMethod") if isinstance(proof, dict) else None
    return method if isinstance(method, str) else None


def compute_signing_input(options: Document, bare: Document) -> bytes:
    """Return the bytes that are signed. Raises SignatureError."""
    try:
        return hashlib.sha256(rfc8785.dumps(options)).digest() + hashlib.sha256(rfc8785.dumps(bare)).digest()
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise SignatureError("proof-wrong", "the document has no canonical form") from error
