"""Published test vectors: draft-cavage-http-signatures-12 appendix C, RFC 9421 appendix B.2.6, FEP-c390."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver, algorithms

from activitypub import identity_proofs
from activitypub.errors import SignatureError
from activitypub.keys import decode_base58, multibase
from activitypub.signatures import cavage, proofs, rfc9421
from activitypub.signatures.request import SignedRequest, fields

BODY = b'{"hello": "world"}'
CAVAGE_KEY = b"""-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----
"""
ALL_HEADERS = (
    'keyId="Test",algorithm="rsa-sha256",'
    'headers="(request-target) host date content-type digest content-length",'
    'signature="vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv1'
    '20V01IL+TAD48XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE="'
)
BASIC = (
    'keyId="Test",algorithm="rsa-sha256",headers="(request-target) host date",'
    'signature="qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8Vf'
    'EdKFYRqzic+efkb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0="'
)
CAVAGE_NOW = 1_388_957_500_000  # Sun, 05 Jan 2014 21:31:40 GMT


def cavage_request(signature: str) -> SignedRequest:
    headers = {
        "Host": "example.com",
        "Date": "Sun, 05 Jan 2014 21:31:40 GMT",
        "Content-Type": "application/json",
        "Digest": "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
        "Content-Length": "18",
        "Signature": signature,
    }
    target = "/foo?param=value&pet=dog"
    return SignedRequest("POST", "https://example.com", target, fields(headers.items()), BODY)


def cavage_key() -> RSAPublicKey:
    key = load_pem_public_key(CAVAGE_KEY)
    assert isinstance(key, RSAPublicKey)
    return key


def test_cavage_all_headers() -> None:
    request = cavage_request(ALL_HEADERS)
    cavage.verify(cavage.parse(request), cavage_key(), request, CAVAGE_NOW)
    changed = msgspec.structs.replace(request, target="/foo?param=value&pet=cat")
    with pytest.raises(SignatureError, match="signature-wrong"):
        cavage.verify(cavage.parse(changed), cavage_key(), changed, CAVAGE_NOW)


def test_cavage_basic_holds_but_covers_too_little_for_a_body() -> None:
    request = cavage_request(BASIC)
    parsed = cavage.parse(request)
    assert parsed.covered == ("(request-target)", "host", "date")
    with pytest.raises(SignatureError, match="coverage-too-small"):
        cavage.verify(parsed, cavage_key(), request, CAVAGE_NOW)


ED25519_KEY = b"""-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
RFC9421_NOW = 1_618_884_473_000


def rfc9421_request() -> SignedRequest:
    components = '("date" "@method" "@path" "@authority" "content-type" "content-length")'
    signature = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    headers = {
        "Host": "example.com",
        "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "Content-Type": "application/json",
        "Content-Length": "18",
        "Signature-Input": f'sig-b26={components};created=1618884473;keyid="test-key-ed25519"',
        "Signature": f"sig-b26=:{signature}:",
    }
    return SignedRequest(
        "POST", "https://example.com", "/foo?param=Value&Pet=dog", fields(headers.items()), BODY
    )


def test_rfc9421_ed25519_is_read_and_holds() -> None:
    request = rfc9421_request()
    parsed = rfc9421.parse(request)
    assert (parsed.key_id, parsed.created) == ("test-key-ed25519", 1_618_884_473)
    assert parsed.covered == ("date", "@method", "@path", "@authority", "content-type", "content-length")
    key = load_pem_public_key(ED25519_KEY)
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(public_keys={parsed.key_id: key}, private_keys={}),  # type: ignore[dict-item]
    )
    headers = {name: request.field(name) or "" for name in request.headers}
    assert verifier.verify(rfc9421.SignedMessage(request, headers), max_age=None)


def test_rfc9421_vector_covers_too_little_for_us() -> None:
    request = rfc9421_request()
    digest = {**request.headers, "content-digest": ["sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"]}
    request = msgspec.structs.replace(request, headers=digest)
    with pytest.raises(SignatureError, match="coverage-too-small"):
        rfc9421.verify(
            rfc9421.parse(request),
            load_pem_public_key(ED25519_KEY),
            request,
            RFC9421_NOW,  # type: ignore[arg-type]
        )


def test_an_identity_proof_of_fep_c390() -> None:
    """The example of FEP-c390, with the private key of the example of eddsa-jcs-2022."""
    secret = decode_base58("3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")
    private = Ed25519PrivateKey.from_private_bytes(secret[2:])
    subject, actor = f"did:key:{multibase(private.public_key())}", "https://server.example/users/alice"
    created = 1_677_281_798_000  # 2023-02-24T23:36:38Z
    made, data = identity_proofs.build_statement(subject, actor, created + 5)
    signed = identity_proofs.with_signature(made, private.sign(data))
    assert signed["proof"] == {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "proofPurpose": "assertionMethod",
        "proofValue": "z26W7TfJYD9DrGqnem245zNbeCbTwjb8avpduzi1JPhFrwML"
        "99CpP6gGXSKSXAcQdpGFBXF4kx7VwtXKhu7VDZJ54",
    }
    assert identity_proofs.verify(signed, actor, created).subject == subject
    proof = signed["proof"]
    other = {**made, "proof": {**made["proof"], "verificationMethod": f"{actor}#key"}}
    others = proofs.compute_signing_input(
        other["proof"], {name: each for name, each in made.items() if name != "proof"}
    )
    for wrong, owner, now in (
        (signed, f"{actor}2", created),
        (signed, actor, created - 400_000),
        ({**signed, "alsoKnownAs": f"{actor}2"}, f"{actor}2", created),
        ({**signed, "type": "PropertyValue"}, actor, created),
        ({**signed, "subject": "did:web:server.example"}, actor, created),
        ({**signed, "note": "x" * 9_000}, actor, created),
        (identity_proofs.with_signature(other, private.sign(others)), actor, created),
        ({**signed, "proof": {**proof, "expires": "2023-02-24T23:36:30Z"}}, actor, created),
        ({**signed, "proof": "none"}, actor, created),
    ):
        with pytest.raises(SignatureError):
            identity_proofs.verify(wrong, owner, now)
    assert [
        each.subject for each in identity_proofs.list_valid_proofs([{}, signed, signed], actor, created)
    ] == [subject]
