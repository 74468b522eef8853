"""HTTP signatures of draft-cavage-http-signatures-12: what nearly every peer signs with.

httpsig parses the header and builds the signing string (§2.3); `cryptography` does the arithmetic, with
the algorithm that the key's type implies. The `algorithm` parameter is only compared, never obeyed.
Sent: `rsa-sha256`, which every peer accepts. Accepted: `rsa-sha256`, `hs2019`, `ed25519` or none.

Times (§2.1.4): a signature may be 12 hours old, as Mastodon allows, and 5 minutes ahead of us.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct

from activitypub.errors import SignatureError
from activitypub.keys import PublicKey
from activitypub.signatures.digest import check_digest, digest_header
from activitypub.signatures.httpsig_parts import (
    build_signature_template,
    generate_message,
    parse_signature_header,
)
from activitypub.signatures.request import SignedRequest

MAX_AGE_MS = 12 * 3_600_000
MAX_AHEAD_MS = 5 * 60_000
MAX_HEADER = 4_096
# Parameters as nearly all peers write them. httpsig, which reads the rest, looks at each character: 40 µs.
PLAIN_PARAMETER = re.compile(r'(\w+)=(?:"([^"\\]+)"|([^\s",\\]+))\s*(?:,|$)', re.ASCII)
PLAIN_PARAMETERS = re.compile(r'(?:\s*\w+=(?:"[^"\\]+"|[^\s",\\]+)\s*(?:,|$))+', re.ASCII)
QUOTED = re.compile(r'"[^"]*(?:"|$)')  # a quote that is not closed goes to the end


class CavageSignature(Struct, frozen=True):
    """A parsed `Signature` header."""

    key_id: str
    algorithm: str
    covered: tuple[str, ...]
    signature: bytes
    created: str | None
    expires: str | None


def sign(
    key: RSAPrivateKey, key_id: str, request: SignedRequest, now: int, digest: str | None = None
) -> dict[str, str]:
    """Return the headers that sign `request`: Host, Date, Digest (for `digest` of a body) and Signature."""
    moment = format_datetime(datetime.fromtimestamp(now / 1000, UTC), usegmt=True)
    headers = {"host": request.host, "date": moment}
    if digest is not None:
        headers["digest"] = digest_header(digest)
    for name, values in request.headers.items():
        headers.setdefault(name, ", ".join(values))
    covered = ["(request-target)", *headers]
    message = generate_message(covered, headers, method=request.method, path=request.target)
    signature = base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()
    template = build_signature_template(
        key_id.replace("%", "%%"), "rsa-sha256", covered, sign_header="signature"
    )
    sent = {name.title(): value for name, value in headers.items()}
    return {**sent, "Signature": template % signature}


def parse(request: SignedRequest) -> CavageSignature:
    """Read the `Signature` header. Raises SignatureError if there is not exactly one that is well-formed."""
    values = request.headers.get("signature", [])
    if len(values) != 1 or len(values[0]) > MAX_HEADER:
        raise SignatureError("signature-malformed", "not exactly one Signature header")
    return _parse_header(values[0].removeprefix("Signature "))


@lru_cache(500)  # the signer of a request is asked for twice: by policy, and to verify
def _parse_header(raw: str) -> CavageSignature:
    names, parameters = _read_parameters(raw)
    if len(names) != len(set(names)) or not {"keyid", "signature"} <= set(names):
        raise SignatureError("signature-malformed", "repeated or missing parameters")
    try:
        signature = base64.b64decode(parameters["signature"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError("signature-malformed", "not base64") from error
    covered = tuple(parameters.get("headers", "date").lower().split())
    if len(covered) != len(set(covered)) or len(covered) > 30:
        raise SignatureError("signature-malformed", "repeated or too many headers")
    algorithm = parameters.get("algorithm", "").lower()
    return CavageSignature(
        parameters["keyid"],
        algorithm,
        covered,
        signature,
        parameters.get("created"),
        parameters.get("expires"),
    )


def _read_parameters(raw: str) -> tuple[list[str], dict[str, str]]:
    """Return the names of the parameters, and their values by name, in lower case. Raises SignatureError."""
    if PLAIN_PARAMETERS.fullmatch(raw):
        pairs = [(name.lower(), quoted or bare) for name, quoted, bare in PLAIN_PARAMETER.findall(raw)]
        return [name for name, _ in pairs], dict(pairs)
    try:
        parameters = parse_signature_header(raw)
    except (ValueError, IndexError, KeyError) as error:
        raise SignatureError("signature-malformed") from error
    names = [part.partition("=")[0].strip().lower() for part in QUOTED.sub("", raw).split(",")]
    return names, dict(parameters)


def verify(parsed: CavageSignature, key: PublicKey, request: SignedRequest, now: int) -> int:
    """Check freshness, coverage, digest and signature; return when it was made. Raises SignatureError."""
    _check_algorithm(parsed.algorithm, key)
    _check_coverage(parsed, request)
    signed_at = _check_times(parsed, request, now)
    if request.method not in ("GET", "HEAD"):
        check_digest(request.field("digest") or "", request.body)
    headers = {name: request.field(name) or "" for name in parsed.covered if name in request.headers}
    headers["(created)"], headers["(expires)"] = parsed.created or "", parsed.expires or ""
    # Some peers sign the path without its query, some with it.
    targets = dict.fromkeys((request.target, request.target.partition("?")[0]))
    for target in targets:
        try:
            message = generate_message(list(parsed.covered), headers, method=request.method, path=target)
        except Exception as error:  # httpsig raises bare Exception for a header that is not there
            raise SignatureError("header-missing", str(error)[:100]) from error
        if _is_valid_signature(key, parsed.signature, message):
            return signed_at
    raise SignatureError("signature-wrong")


def _is_valid_signature(key: PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, message, PKCS1v15(), SHA256())
        else:
            key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _check_algorithm(algorithm: str, key: PublicKey) -> None:
    ours = ("", "hs2019", "ed25519") if isinstance(key, Ed25519PublicKey) else ("", "hs2019", "rsa-sha256")
    # guard: algorithm
    if algorithm not in ours:
        raise SignatureError("algorithm-refused", algorithm[:40])


def _check_coverage(parsed: CavageSignature, request: SignedRequest) -> None:
    covered = set(parsed.covered)
    if "(created)" in covered and parsed.algorithm.startswith("rsa"):
        raise SignatureError("algorithm-refused", "(created) with rsa (§2.3)")
    # guard: coverage @1
    if not {"(request-target)", "host"} <= covered or not covered & {"date", "(created)"}:
        raise SignatureError("coverage-too-small", " ".join(parsed.covered))
    # guard: coverage of the digest
    if request.method not in ("GET", "HEAD") and "digest" not in covered:
        raise SignatureError("coverage-too-small", "digest is not signed")
    # guard: host
    if (request.field("host") or "").lower() != request.host.lower():
        raise SignatureError("wrong-host")


def _check_times(parsed: CavageSignature, request: SignedRequest, now: int) -> int:
    if "(created)" in parsed.covered:
        signed = _seconds(parsed.created)
    else:
        try:
            signed = int(parsedate_to_datetime(request.field("date") or "").timestamp() * 1000)
        except (ValueError, TypeError, OverflowError) as error:
            raise SignatureError("date-malformed") from error
    # guard: date window
    if signed < now - MAX_AGE_MS:
        raise SignatureError("too-old")
    # guard: date ahead
    if signed > now + MAX_AHEAD_MS:
        raise SignatureError("in-the-future")
    if parsed.expires is not None and _seconds(parsed.expires) < now - MAX_AHEAD_MS:
        raise SignatureError("expired")
    return signed


def _seconds(text: str | None) -> int:
    whole = (text or "").partition(".")[0]
    if not (whole.isascii() and whole.isdigit()) or len(whole) > 12:
        raise SignatureError("date-malformed")
    return int(whole) * 1000
