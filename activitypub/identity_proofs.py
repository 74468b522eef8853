"""Identity proofs (FEP-c390): the holder of a key states that an actor is theirs.

The statement is one of the `attachment`s of the actor. Its key is in its subject, a did:key, so nothing has
to be fetched; only Ed25519 keys and proofs of FEP-8b32 are supported.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from activitypub import document as read
from activitypub.document import Document, format_instant
from activitypub.errors import MalformedDocumentError
from activitypub.errors import SignatureError as SignatureError
from activitypub.keys import decode_base58, did_key, encode_base58, load_multibase
from activitypub.signatures import proofs
from activitypub.signatures.cavage import MAX_AHEAD_MS

KIND, PREFIX = "VerifiableIdentityStatement", "did:key:"
MAX_BYTES = 8_000


class IdentityProof(Struct, frozen=True):
    """A statement whose proof was verified: its key, when it was made (ms UTC), and all of it as JSON."""

    subject: str
    created: int
    document: str


def build_statement(subject: str, actor: str, created: int) -> tuple[Document, bytes]:
    """Return what the holder of `subject` is to sign: the statement without its signature, and the bytes.

    Raises SignatureError for a subject that is no did:key of an Ed25519 key.
    """
    _load_key(subject)
    statement: Document = {"type": KIND, "subject": subject, "alsoKnownAs": actor}
    options: Document = {
        "type": "DataIntegrityProof",
        "cryptosuite": proofs.SUITE,
        "created": format_instant(created // 1000 * 1000).replace(".000Z", "Z"),
        "verificationMethod": subject,
        "proofPurpose": "assertionMethod",
    }
    return {**statement, "proof": options}, proofs.compute_signing_input(options, statement)


def with_signature(unsigned: Document, signature: bytes) -> Document:
    """Return the statement with its signature; nothing is verified."""
    return {**unsigned, "proof": {**unsigned["proof"], "proofValue": "z" + encode_base58(signature)}}


def parse_statement(text: str, actor: str, now: int) -> IdentityProof:
    """Return a statement that was pasted as text. Raises SignatureError."""
    try:
        return verify(read.parse(text.encode("utf-8", "replace"), max_bytes=MAX_BYTES), actor, now)
    except MalformedDocumentError as error:
        raise SignatureError("proof-wrong", f"the statement cannot be read: {error}") from error


def verify(document: Document, actor: str, now: int) -> IdentityProof:
    """Return a statement about `actor` that is valid at `now` (ms UTC). Raises SignatureError."""
    subject, text = read.text(document.get("subject"), 200), json.dumps(document, ensure_ascii=False)
    # guard: keys of others @last
    if read.type_of(document) != KIND or read.id_of(document.get("alsoKnownAs")) != actor:
        raise SignatureError("proof-wrong", "it does not name this account")
    if len(text) > MAX_BYTES:
        raise SignatureError("proof-wrong", "too long")
    key, proof = _load_key(subject), read.get_embedded(document.get("proof")) or {}
    # guard: keys that are not the subject's
    if proof.get("verificationMethod") not in (subject, f"{subject}#{subject.removeprefix(PREFIX)}"):
        raise SignatureError("proof-wrong", "another key than the one of its subject")
    created, expires = read.parse_instant(proof.get("created")), read.parse_instant(proof.get("expires"))
    if created is None or created > now + MAX_AHEAD_MS or (expires is not None and expires < now):
        raise SignatureError("proof-wrong", "created in the future, or expired")
    proofs.verify(document, key)
    return IdentityProof(subject, created, text)


def _load_key(subject: str) -> Any:
    return load_multibase(subject.removeprefix(PREFIX) if subject.startswith(PREFIX) else "")


def decode_multibase(text: str) -> bytes:
    """Return the bytes in a multibase string of base58, b'' if it is none."""
    return decode_base58(text[1:]) if text.startswith("z") else b""


def parse_subject(text: str) -> str:
    """Return a did:key that was entered with or without its prefix. Raises SignatureError."""
    subject = did_key(text.strip().removeprefix(PREFIX).partition("#")[0])
    _load_key(subject)
    return subject


def list_valid_proofs(statements: Iterable[Document], actor: str, now: int) -> tuple[IdentityProof, ...]:
    """Return the statements of an actor that are valid, one for each key; others are left out."""
    proofs_by_subject: dict[str, IdentityProof] = {}
    for statement in statements:
        try:
            proof = verify(statement, actor, now)
        except SignatureError:
            continue
        proofs_by_subject.setdefault(proof.subject, proof)
    return tuple(proofs_by_subject.values())
