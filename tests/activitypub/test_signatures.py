"""Signatures: what we sign verifies, and every way of forging one is refused."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from activitypub.errors import SignatureError
from activitypub.keys import load_multibase, load_private, load_public_pem
from activitypub.signatures import cavage, proofs, rfc9421
from activitypub.signatures.digest import sha256
from activitypub.signatures.httpsig_parts import generate_message
from activitypub.signatures.request import SignedRequest, fields
from activitypub.signatures.verify import check_body, check_signature, parse_claim
from tests.kit import keys

NOW = 1_795_000_000_000
KEY_ID = "https://alpha.test/users/ann#main-key"
BODY = b'{"type":"Like"}'
HOUR = 3_600_000
Sign = Callable[..., dict[str, str]]


def private() -> RSAPrivateKey:
    key = load_private(keys.rsa()[0])
    assert isinstance(key, RSAPrivateKey)
    return key


def bare(method: str = "POST", target: str = "/users/bob/inbox", body: bytes = BODY) -> SignedRequest:
    return SignedRequest(method, "https://beta.test", target, {}, body)


def signed(sign: Sign, request: SignedRequest, now: int = NOW) -> SignedRequest:
    digest = sha256(request.body) if request.method == "POST" else None
    made = sign(private(), KEY_ID, request, now, digest)
    headers = {"Host": "beta.test", **made}
    return msgspec.structs.replace(request, headers=fields(headers.items()))


def verify(request: SignedRequest, now: int = NOW) -> None:
    claim = parse_claim(request)
    assert claim.key_id == KEY_ID
    check_signature(claim, load_public_pem(keys.rsa()[1]), request, now)


def refused(request: SignedRequest, now: int = NOW) -> str:
    with pytest.raises(SignatureError) as raised:
        verify(request, now)
    return raised.value.reason


def having(request: SignedRequest, **headers: str) -> SignedRequest:
    changed = {**request.headers, **{name.replace("_", "-"): [value] for name, value in headers.items()}}
    return msgspec.structs.replace(request, headers=changed)


both = pytest.mark.parametrize("sign", [cavage.sign, rfc9421.sign])


@both
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_we_sign_verifies(sign: Sign, method: str) -> None:
    verify(signed(sign, bare(method, "/users/bob/inbox?page=2")))


@both
def test_other_body_path_host_and_method_are_refused(sign: Sign) -> None:
    request = signed(sign, bare())
    assert refused(msgspec.structs.replace(request, body=b"{}")) == "digest-wrong"
    check_body(request)  # which needs no key
    with pytest.raises(SignatureError, match="digest-wrong"):
        check_body(msgspec.structs.replace(request, body=b"{}"))
    assert refused(msgspec.structs.replace(request, target="/inbox")) == "signature-wrong"
    assert refused(msgspec.structs.replace(request, method="PUT")) == "signature-wrong"
    moved = msgspec.structs.replace(request, base="https://gamma.test")
    assert refused(moved) in ("wrong-host", "signature-wrong")


@both
def test_times(sign: Sign) -> None:
    request = signed(sign, bare())
    verify(request, NOW + 11 * HOUR)
    verify(request, NOW - 4 * 60_000)
    assert refused(request, NOW + 13 * HOUR) == "too-old"
    assert refused(request, NOW - 6 * 60_000) == "in-the-future"
    later = NOW + 20 * 365 * 24 * HOUR  # the clock of this machine plays no part
    verify(signed(sign, bare(), later), later - 4 * 60_000)


@both
def test_anothers_key_is_refused(sign: Sign) -> None:
    request = signed(sign, bare())
    with pytest.raises(SignatureError, match="signature-wrong"):
        check_signature(parse_claim(request), load_public_pem(keys.rsa(1)[1]), request, NOW)


def test_unsigned_and_malformed() -> None:
    assert refused(bare()) == "unsigned"
    request = signed(cavage.sign, bare())
    assert refused(having(request, signature="nonsense")) == "signature-malformed"
    raw = request.headers["signature"][0]
    assert refused(having(request, signature=raw + ',keyId="https://evil.test/key"')) == "signature-malformed"
    assert refused(having(request, signature=raw.replace('signature="', 'signature="!!!'))) == (
        "signature-malformed"
    )
    twice = {**request.headers, "signature": [raw, raw]}
    assert refused(msgspec.structs.replace(request, headers=twice)) == "signature-malformed"
    assert refused(having(request, signature=raw + "x" * 5_000)) == "signature-malformed"


def test_two_schemes_at_once_are_refused() -> None:
    request = signed(cavage.sign, bare())
    message = rfc9421.sign(private(), "https://evil.test/key", bare(), NOW, sha256(BODY))
    both_headers = having(request, signature_input=message["Signature-Input"])
    assert refused(both_headers) == "signature-malformed"


@pytest.mark.parametrize("left_out", ["(request-target)", "host", "date", "digest"])
def test_small_coverage_is_refused(left_out: str) -> None:
    request = signed(cavage.sign, bare())
    names = [each for each in ("(request-target)", "host", "date", "digest") if each != left_out]
    headers = {name: request.field(name) or "" for name in request.headers}
    message = generate_message(names, headers, method="POST", path=request.target)
    signature = base64.b64encode(private().sign(message, cavage.PKCS1v15(), cavage.SHA256())).decode()
    header = f'keyId="{KEY_ID}",algorithm="rsa-sha256",headers="{" ".join(names)}",signature="{signature}"'
    assert refused(having(request, signature=header)) == "coverage-too-small"


def test_a_weak_digest_alone_is_refused() -> None:
    request = signed(cavage.sign, bare())
    assert refused(having(request, digest="MD5=abc")) == "digest-missing"
    right = request.field("digest") or ""
    assert refused(having(request, digest=f"SHA-256={sha256(b'x')},{right}")) == "digest-wrong"


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "rsa-sha1", "none", "ed25519"])
def test_other_algorithms_are_refused(algorithm: str) -> None:
    request = signed(cavage.sign, bare())
    raw = request.headers["signature"][0].replace("rsa-sha256", algorithm)
    assert refused(having(request, signature=raw)) == "algorithm-refused"


@pytest.mark.parametrize("algorithm", ['algorithm="hs2019"', 'algorithm="rsa-sha256"'])
def test_the_names_that_peers_give_rsa_are_accepted(algorithm: str) -> None:
    request = signed(cavage.sign, bare())
    raw = request.headers["signature"][0].replace('algorithm="rsa-sha256"', algorithm)
    verify(having(request, signature=raw))
    verify(having(request, signature=raw.replace(algorithm + ",", "")))


def test_a_path_signed_without_its_query_is_accepted() -> None:
    request = signed(cavage.sign, bare("GET", "/users/bob/outbox"))
    verify(msgspec.structs.replace(request, target="/users/bob/outbox?page=true"))


def test_httpsig_forgery_is_refused_by_us_and_accepted_by_the_library() -> None:
    """A tripwire: the library lets the sender choose HMAC keyed with the public key. We do not."""
    httpsig_sign = importlib.import_module("httpsig.sign")
    httpsig_verify = importlib.import_module("httpsig.verify")
    public = keys.rsa()[1]
    request = signed(cavage.sign, bare())
    names = ["(request-target)", "host", "date", "digest"]
    headers = {name: request.field(name) or "" for name in ("host", "date", "digest")}
    signer = httpsig_sign.HeaderSigner(
        KEY_ID, public, algorithm="hmac-sha256", headers=names, sign_header="signature"
    )
    forged = signer.sign(dict(headers), method="POST", path=request.target)["signature"]
    library = httpsig_verify.HeaderVerifier(
        {**headers, "signature": forged},
        public,
        required_headers=names,
        method="POST",
        path=request.target,
        sign_header="signature",
    )
    assert library.verify() is True
    assert refused(having(request, signature=forged)) == "algorithm-refused"
    renamed = forged.replace("hmac-sha256", "rsa-sha256")
    assert refused(having(request, signature=renamed)) == "signature-wrong"


@pytest.mark.parametrize("bits", [1_024])
def test_weak_rsa_keys_are_refused(bits: int) -> None:
    weak = generate_private_key(public_exponent=65_537, key_size=bits).public_key()
    pem = weak.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(SignatureError, match="bad-key"):
        load_public_pem(pem)


def test_proofs_hold_until_anything_changes() -> None:
    secret, public = keys.ed25519()
    document = {
        "@context": ["https://www.w3.org/ns/activitystreams"],
        "id": "https://a.test/1",
        "n": [1, "é"],
    }
    made = proofs.sign(document, load_private(secret), "https://a.test/u#ed25519-key", NOW)  # type: ignore[arg-type]
    proofs.verify(made, load_multibase(public))
    assert proofs.find_verification_method(made) == "https://a.test/u#ed25519-key"
    with pytest.raises(SignatureError, match="proof-wrong"):
        proofs.verify({**made, "n": [2]}, load_multibase(public))
    with pytest.raises(SignatureError, match="proof-wrong"):
        proofs.verify(made, load_multibase(keys.ed25519(1)[1]))
    with pytest.raises(SignatureError, match="proof-missing"):
        proofs.verify(document, load_multibase(public))
