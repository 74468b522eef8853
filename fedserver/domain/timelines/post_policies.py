"""What others may do with a post by the word of its author: rules of quotes, likes, answers and boosts.

What the words mean for somebody say `quote_policies` and `interaction_policies`.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec import Struct


class Rule(Struct, frozen=True):
    """Who is let do something: `public`, `followers`, `following`, or `unsupported_policy` for the rest.

    Of no words at all, the author alone.
    """

    automatic: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()


class Policy(Struct, frozen=True, omit_defaults=True):
    """Rules by what they are about; None where the author gave none."""

    quote: Rule | None = None
    like: Rule | None = None
    reply: Rule | None = None
    announce: Rule | None = None


NONE = Policy()
_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Policy)


def encode(policy: Policy) -> str:
    """A policy as it is kept."""
    return "" if policy == NONE else _encode(policy).decode()


@lru_cache(1_000)
def decode(text: str) -> Policy:
    """The policy that is kept with a post."""
    return _decoder.decode(text) if text else NONE
