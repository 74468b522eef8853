"""What an activity says, as a short text: two are the same act if these are equal, whatever their ids.

Some servers use one id for several activities (GoToSocial and Takahē for each Update of an object, Hollo for
each answer to a follower), so an id alone does not tell whether something was received before.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

# A proof or signature is made again each time an activity is sent, and says nothing itself.
SIGNATURES = ("proof", "signature")
MAX_EXACT = 2**53  # whole numbers up to here are the same as int and as float


def _read_number(text: str) -> int | float:
    """Return 1 for 1.0, as RFC 8785 does: else a forwarding server could vary an activity under its proof."""
    number = float(text)
    return int(number) if abs(number) <= MAX_EXACT and number.is_integer() else number


_decode = msgspec.json.Decoder(dict[str, Any], float_hook=_read_number).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def compute_fingerprint(body: bytes) -> str:
    """Return a digest of a document that was parsed before: without signatures, whatever its spelling."""
    document = _decode(body)
    for name in SIGNATURES:
        document.pop(name, None)
    return hashlib.sha256(_encode(document)).hexdigest()[:32]
