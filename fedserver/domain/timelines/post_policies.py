"""What others may do with a post by the word of its author: rules of quotes, likes, answers and boosts.

What the words mean for somebody say `quote_policies` and `interaction_policies`.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec import Struct


class PostPolicyRule(Struct, frozen=True):
    """Who is let do something: `public`, `followers`, `following`, or `unsupported_policy` for the rest.

    Of no words at all, the author alone.
    """

    automatic: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()


class PostPolicy(Struct, frozen=True, omit_defaults=True):
    """Rules by what they are about; None where the author gave none."""

    quote: PostPolicyRule | None = None
    like: PostPolicyRule | None = None
    reply: PostPolicyRule | None = None
    announce: PostPolicyRule | None = None


EMPTY = PostPolicy()
_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(PostPolicy)


def encode(policy: PostPolicy) -> str:
    """Return a policy in its stored form."""
    return "" if policy == EMPTY else _encode(policy).decode()


@lru_cache(1_000)
def decode(text: str) -> PostPolicy:
    """Return the policy that is stored with a post."""
    return _decoder.decode(text) if text else EMPTY
