"""Keys: RSA for HTTP signatures, Ed25519 for integrity proofs and newer signatures.

Callers load public keys once and keep the objects; loading checks their size. Our own private keys are loaded
without the slow RSA consistency check (32 ms). Multikeys are FEP-521a.
"""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

from activitypub.errors import SignatureError

PublicKey = RSAPublicKey | Ed25519PublicKey
PrivateKey = RSAPrivateKey | Ed25519PrivateKey

MIN_BITS, MAX_BITS = 2_048, 8_192
ED25519_PREFIX = b"\xed\x01"  # multicodec ed25519-pub
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}


def generate_rsa() -> tuple[str, str]:
    """Return a new RSA-2048 key: private and public PEM. Takes some 50 ms: call it off the loop."""
    key = generate_private_key(public_exponent=65_537, key_size=MIN_BITS)
    return _private_pem(key), _public_pem(key.public_key())


def generate_ed25519() -> tuple[str, str]:
    """Return a new Ed25519 key: private PEM and public multibase."""
    key = Ed25519PrivateKey.generate()
    return _private_pem(key), multibase(key.public_key())


def _private_pem(key: PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_pem(key: PublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def load_private(pem: str) -> PrivateKey:
    """Return one of our own private keys, from our own database."""
    key = serialization.load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ValueError("neither an RSA nor an Ed25519 key")
    return key


def load_public_pem(pem: str) -> PublicKey:
    """Return a peer's public key. Raises SignatureError if it is none, too small, too large or weak."""
    if len(pem) > 8_000:
        raise SignatureError("bad-key", "too long")
    try:
        key = serialization.load_pem_public_key(pem.strip().encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureError("bad-key", "not a PEM public key") from error
    if isinstance(key, Ed25519PublicKey):
        return key
    if not isinstance(key, RSAPublicKey):
        raise SignatureError("bad-key", "neither RSA nor Ed25519")
    # guard: weak keys @1
    if not MIN_BITS <= key.key_size <= MAX_BITS or key.public_numbers().e < 65_537:
        raise SignatureError("bad-key", f"RSA with {key.key_size} bits")
    return key


def multibase(key: Ed25519PublicKey) -> str:
    """Return `z6Mk…`: base58btc of the multicodec prefix and the raw key."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return "z" + encode_base58(ED25519_PREFIX + raw)


def load_multibase(text: str) -> Ed25519PublicKey:
    """Return the key in a multibase string. Raises SignatureError."""
    raw = decode_base58(text[1:]) if text.startswith("z") and len(text) < 100 else b""
    if len(raw) != 34 or not raw.startswith(ED25519_PREFIX):
        raise SignatureError("bad-key", "not an Ed25519 multikey")
    return Ed25519PublicKey.from_public_bytes(raw[2:])


def did_key(multibase_key: str) -> str:
    """Return the did:key of a multibase key."""
    return f"did:key:{multibase_key}"


def encode_base58(data: bytes) -> str:
    """Return bytes in base58btc."""
    number, letters = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        letters = ALPHABET[rest] + letters
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + letters


def decode_base58(text: str) -> bytes:
    """Return the bytes of a base58btc string, b'' if it is none or longer than a signature needs."""
    number = 0
    if len(text) > 128:
        return b""
    for letter in text:
        if letter not in _VALUES:
            return b""
        number = number * 58 + _VALUES[letter]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
