"""Policies of posts: the rules by which the author lets others quote, like, answer and boost a post.

`quote_policies` and `interaction_policies` evaluate them for a viewer.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec import Struct


class PostPolicyRule(Struct, frozen=True):
    """The audiences that may do something: `public`, `followers`, `following`, or `unsupported_policy`.

    Without any audience, only the author may.
    """

    automatic: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()


class PostPolicy(Struct, frozen=True, omit_defaults=True):
    """The rules of a post by interaction; None where the author set none."""

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
