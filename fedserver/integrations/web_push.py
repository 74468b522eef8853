"""Messages to push services: encrypted for the client, signed for the service.

Two encodings: `aes128gcm` (RFC 8291 over RFC 8188), and `aesgcm`, the fourth draft of it, that many apps
still ask for (draft-ietf-webpush-encryption-04). By the node's own key (VAPID, RFC 8292) a service knows who
sends. Nothing here does any I/O.
"""

from __future__ import annotations

import base64
import binascii
import os
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

TTL_S = 48 * 3600
TOKEN_VALIDITY_S = 12 * 3600  # of a signature; RFC 8292 §2 allows a day
RECORD_SIZE = 4_096
# What services must take is 4096 bytes of body (RFC 8030 §7.2): the rest is the header of the one record (86
# bytes), the tag (16), and a mark of where the padding begins.
MAX_PAYLOAD = RECORD_SIZE - 86 - 16 - 2
PADDING_STEP = 512  # lengths are padded to a multiple, so that they tell little
_json = msgspec.json.Encoder().encode


class PushRecipient(Struct, frozen=True):
    """A client, by what it gave to be written to; `standard` asks for RFC 8291."""

    endpoint: str
    public_key: bytes
    auth_secret: bytes
    standard: bool


def parse_recipient(endpoint: str, public_key: str, auth_secret: str, *, standard: bool) -> PushRecipient:
    """Return the client's keys. Raises ValueError for a key not on P-256 or a secret not of 16 bytes."""
    point, secret = _decode(public_key), _decode(auth_secret)
    if len(point) != 65 or len(secret) != 16:
        raise ValueError("keys of the wrong length")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    return PushRecipient(endpoint, point, secret, standard)


def _decode(text: str) -> bytes:
    """Base64 of either alphabet, padded or not."""
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    if len(plain) > 200 or not plain.isascii():
        raise ValueError("not base64")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _encode(data: bytes) -> str:
    """Base64 for addresses and headers, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def generate_vapid_key() -> tuple[str, str]:
    """Return a new pair of VAPID keys: the private one as PEM, the public one in base64url."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), _encode(_encode_point(key.public_key()))


def _encode_point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


class Vapid:
    """The node's key. `subject` is where a service reaches us: `mailto:` or https."""

    def __init__(self, private: str, subject: str) -> None:
        key = serialization.load_pem_private_key(private.encode(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        self._subject = subject
        self.public = _encode(_encode_point(key.public_key()))

    def sign_token(self, endpoint: str, now: int) -> str:
        """Return a signature (JWT, ES256) for the push service of an endpoint; `now` is ms UTC."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": now // 1000 + TOKEN_VALIDITY_S,
            "sub": self._subject,
        }
        text = f"{_encode(_json({'typ': 'JWT', 'alg': 'ES256'}))}.{_encode(_json(claims))}"
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def build_push_message(
    payload: bytes, recipient: PushRecipient, vapid: Vapid, now: int
) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of the POST to the endpoint. Raises ValueError if the payload is too long."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"more than {MAX_PAYLOAD} bytes")
    key, salt = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
    encrypt = _aes128gcm if recipient.standard else _aesgcm
    body, own = encrypt(payload, recipient, key, salt)
    token = vapid.sign_token(recipient.endpoint, now)
    if recipient.standard:
        signed = {"Authorization": f"vapid t={token}, k={vapid.public}"}
    else:
        signed = {
            "Authorization": f"WebPush {token}",
            "Crypto-Key": f"dh={_encode(own)};p256ecdsa={vapid.public}",
            "Encryption": f"salt={_encode(salt)}",
        }
    common = {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm" if recipient.standard else "aesgcm",
        "TTL": str(TTL_S),
        "Urgency": "normal",
    }
    return body, {**common, **signed}


def _aes128gcm(
    payload: bytes, to: PushRecipient, key: ec.EllipticCurvePrivateKey, salt: bytes
) -> tuple[bytes, bytes]:
    """RFC 8291 §3.4: one record, its header before it."""
    own = _encode_point(key.public_key())
    secret = _derive_key(
        _shared_secret(key, to), to.auth_secret, b"WebPush: info\0" + to.public_key + own, 32
    )
    box = AESGCM(_derive_key(secret, salt, b"Content-Encoding: aes128gcm\0", 16))
    nonce = _derive_key(secret, salt, b"Content-Encoding: nonce\0", 12)
    sealed = box.encrypt(nonce, payload + b"\x02" + b"\0" * _padding_length(payload), None)
    header = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(own)]) + own
    return header + sealed, own


def _aesgcm(
    payload: bytes, to: PushRecipient, key: ec.EllipticCurvePrivateKey, salt: bytes
) -> tuple[bytes, bytes]:
    """draft-ietf-webpush-encryption-04 §3: padding first, its length before it; keys go in headers."""
    own = _encode_point(key.public_key())
    secret = _derive_key(_shared_secret(key, to), to.auth_secret, b"Content-Encoding: auth\0", 32)
    context = b"P-256\0" + b"".join(
        len(public_key).to_bytes(2, "big") + public_key for public_key in (to.public_key, own)
    )
    box = AESGCM(_derive_key(secret, salt, b"Content-Encoding: aesgcm\0" + context, 16))
    nonce = _derive_key(secret, salt, b"Content-Encoding: nonce\0" + context, 12)
    padding = _padding_length(payload)
    return box.encrypt(nonce, padding.to_bytes(2, "big") + b"\0" * padding + payload, None), own


def _padding_length(payload: bytes) -> int:
    wanted = -(-len(payload) // PADDING_STEP) * PADDING_STEP
    return min(wanted, MAX_PAYLOAD) - len(payload)


def _shared_secret(key: ec.EllipticCurvePrivateKey, to: PushRecipient) -> bytes:
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.public_key)
    return key.exchange(ec.ECDH(), theirs)


def _derive_key(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
