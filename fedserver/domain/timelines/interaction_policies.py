"""Who may answer, like and boost a post, as its author chose (GoToSocial's interaction policies).

Docs: docs.gotosocial.org/en/latest/federation/interaction_policy. Without a policy everyone may
who sees the post; its author always may, and anyone whom it mentions may answer. What a peer's author decides
by hand is sent as if it were allowed: their node holds it until they approve it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from fedserver.domain.kernel.errors import ForbiddenError, InvalidError
from fedserver.domain.timelines import post_policies
from fedserver.domain.timelines.post_policies import PostPolicy, PostPolicyRule
from fedserver.text.locales import lazy_gettext
from storage.engine import ReadTx
from storage.queries.posts import mentions as mention_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

REPLY, LIKE, ANNOUNCE = "reply", "like", "announce"
REFUSALS = {
    REPLY: lazy_gettext("The author of this post does not allow you to reply to it."),
    LIKE: lazy_gettext("The author of this post does not allow you to like it."),
    ANNOUNCE: lazy_gettext("The author of this post does not allow you to boost it."),
}
AUDIENCES = ("public", "followers", "following", "mentioned")
REPLY_AUDIENCES = ("public", "followers", "nobody")
SELF_AUDIENCES = ("author", "me")
# Only the author's own node can evaluate such a rule, so the interaction is sent to it.
UNSUPPORTED = "unsupported_policy"


def build_rule(automatic: Sequence[str], manual: Sequence[str], field: str) -> PostPolicyRule:
    """Return a rule for a local post; approval by hand is not supported. Raises InvalidError."""
    if any(audience not in SELF_AUDIENCES for audience in manual):
        raise InvalidError(field, "cannot be given by hand here: leave manual_approval empty")
    wrong = [audience for audience in automatic if audience not in (*AUDIENCES, *SELF_AUDIENCES)]
    if wrong:
        raise InvalidError(field, f"must be of {', '.join((*AUDIENCES, *SELF_AUDIENCES))}")
    return PostPolicyRule(tuple(audience for audience in AUDIENCES if audience in automatic))


def get_reply_audience(row: PostRow) -> str:
    """Return who may answer a post: `public`, `followers`, or `nobody` but those whom it mentions."""
    return decode_reply_audience(row.interaction_policy)


def decode_reply_audience(policy: str) -> str:
    """Return who may answer by an encoded policy, with the words of `get_reply_audience`."""
    rule = post_policies.decode(policy).reply
    if rule is None or "public" in (*rule.automatic, *rule.manual):
        return "public"
    return "followers" if "followers" in (*rule.automatic, *rule.manual) else "nobody"


def merge_quote_rule(row: PostRow, policy: str) -> str:
    """Return a stored policy, with the quote rule that the post had before."""
    former = post_policies.decode(row.interaction_policy)
    return post_policies.encode(structs.replace(post_policies.decode(policy), quote=former.quote))


def replace_reply_rule(row: PostRow, audience: str) -> str:
    """Return the stored policy of a post with another reply audience. Raises InvalidError."""
    former = post_policies.decode(row.interaction_policy)
    return post_policies.encode(structs.replace(former, reply=_build_reply_rule(audience)))


def encode_policy(audience: str) -> str:
    """Return the stored policy of a post with a reply audience. Raises InvalidError."""
    return post_policies.encode(PostPolicy(reply=_build_reply_rule(audience)))


def _build_reply_rule(audience: str) -> PostPolicyRule | None:
    if audience not in REPLY_AUDIENCES:
        raise InvalidError("replies", f"must be one of {', '.join(REPLY_AUDIENCES)}")
    return None if audience == "public" else PostPolicyRule(() if audience == "nobody" else (audience,))


async def is_allowed(tx: ReadTx, post: PostRow, actor: AccountRow, interaction: str) -> bool:
    """Return True if `actor` may do `interaction` to a post that they can see."""
    rule: PostPolicyRule | None = getattr(post_policies.decode(post.interaction_policy), interaction)
    if rule is None or actor.id == post.account_id:
        return True
    named = {*rule.automatic, *rule.manual} if not post.local else set(rule.automatic)
    if "public" in named or UNSUPPORTED in named:
        return True
    if (interaction == REPLY or "mentioned" in named) and actor.id in await mention_queries.list_by_post(
        tx, post.id
    ):
        return True
    if "followers" in named and await follow_queries.find(tx, actor.id, post.account_id) is not None:
        return True
    return "following" in named and await follow_queries.find(tx, post.account_id, actor.id) is not None


async def check_allowed(tx: ReadTx, post: PostRow, actor: AccountRow, interaction: str) -> None:
    """Raise ForbiddenError where `is_allowed` returns False."""
    if not await is_allowed(tx, post, actor, interaction):
        raise ForbiddenError(str(REFUSALS[interaction]))
