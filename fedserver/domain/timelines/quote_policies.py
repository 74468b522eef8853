"""Who may quote a post: what its author said, and what that means for one who asks."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from msgspec import structs

from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.timelines.post_policies import PostPolicyRule, decode, encode
from storage.rows.posts import PostRow

AUDIENCES = ("public", "followers", "nobody")
AUTOMATIC, MANUAL, UNKNOWN, DENIED = "automatic", "manual", "unknown", "denied"
# What an author says of these does not count: Mastodon's rule, and the only safe one.
UNQUOTABLE_VISIBILITIES = ("followers", "direct", "partners")


def encode_policy(audience: str, visibility: str, former: str = "") -> str:
    """Return the stored policy of a post of ours, with its former other rules. Raises InvalidError.

    Nobody else may quote what is for followers or for named people, whatever was asked for.
    """
    if audience not in AUDIENCES:
        raise InvalidError("quote_approval_policy", f"must be one of {', '.join(AUDIENCES)}")
    if audience == "nobody" or visibility in UNQUOTABLE_VISIBILITIES:
        return encode(structs.replace(decode(former), quote=PostPolicyRule()))
    return encode(structs.replace(decode(former), quote=PostPolicyRule(automatic=(audience,))))


def decode_audience(text: str) -> str:
    """Return the audience that an author of ours chose."""
    rule = decode(text).quote
    return rule.automatic[0] if rule is not None and rule.automatic else "nobody"


def evaluate(row: PostRow, viewer_id: int | None, follows: AbstractSet[int]) -> str:
    """Return what happens if the viewer quotes a post: automatic, manual, unknown or denied.

    `follows` are the authors whom the viewer follows.
    """
    if viewer_id is None or row.visibility == "direct" or row.boost_of_id is not None:
        return DENIED
    if row.account_id == viewer_id:
        return AUTOMATIC
    rule = decode(row.interaction_policy).quote
    if rule is None or row.visibility in UNQUOTABLE_VISIBILITIES:
        return DENIED
    fits = {"public", "followers"} if row.account_id in follows else {"public"}
    if fits & set(rule.automatic):
        return AUTOMATIC
    if fits & set(rule.manual):
        return MANUAL
    # Whether its author follows the viewer, only their node knows for certain.
    named = {*rule.automatic, *rule.manual}
    return UNKNOWN if named & {"following", "unsupported_policy"} else DENIED
