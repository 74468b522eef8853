"""Who may answer, like and boost a post, by what its author said (GoToSocial's interaction policies).

Docs: docs.gotosocial.org/en/latest/federation/interaction_policy. Where nothing was said everybody may who
sees the post; its author always may, and whoever it names may answer. What a peer's author decides by hand is
sent as if it were allowed: their node keeps it back until they say yes.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from fedserver.domain.kernel.errors import Forbidden, Invalid
from fedserver.domain.timelines import post_policies
from fedserver.domain.timelines.post_policies import Policy, Rule
from storage.engine import Tx
from storage.queries.posts import mentions as mention_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

REPLY, LIKE, ANNOUNCE = "reply", "like", "announce"
DOES = {REPLY: "answer", LIKE: "like", ANNOUNCE: "boost"}
WORDS = ("public", "followers", "following", "mentioned")
REPLIES = ("public", "followers", "nobody")
SELF = ("author", "me")
# Whether these hold only the author's own node knows: it is asked by sending.
DOUBTFUL = "unsupported_policy"


def rule_of(words: Sequence[str], asked: Sequence[str], field: str) -> Rule:
    """A rule for a post of ours. Raises Invalid; nobody can be let in by hand here."""
    if any(each not in SELF for each in asked):
        raise Invalid(field, "cannot be given by hand here: leave manual_approval empty")
    wrong = [each for each in words if each not in (*WORDS, *SELF)]
    if wrong:
        raise Invalid(field, f"must be of {', '.join((*WORDS, *SELF))}")
    return Rule(tuple(each for each in WORDS if each in words))


def who_may_reply(row: PostRow) -> str:
    """`public`, `followers`, or `nobody` but those who are named, as the pages say it."""
    rule = post_policies.decode(row.interaction_policy).reply
    if rule is None or "public" in (*rule.automatic, *rule.manual):
        return "public"
    return "followers" if "followers" in (*rule.automatic, *rule.manual) else "nobody"


def merged(row: PostRow, policy: str) -> str:
    """A policy as it is kept, with what the author of a post said of quotes before."""
    former = post_policies.decode(row.interaction_policy)
    return post_policies.encode(structs.replace(post_policies.decode(policy), quote=former.quote))


def with_replies(row: PostRow, word: str) -> str:
    """The policy of a post with another word on who may answer it. Raises Invalid."""
    former = post_policies.decode(row.interaction_policy)
    return post_policies.encode(structs.replace(former, reply=_replies(word)))


def of_word(word: str) -> str:
    """The policy of a post that everybody, followers, or those who are named may answer. Raises Invalid."""
    return post_policies.encode(Policy(reply=_replies(word)))


def _replies(word: str) -> Rule | None:
    if word not in REPLIES:
        raise Invalid("replies", f"must be one of {', '.join(REPLIES)}")
    return None if word == "public" else Rule(() if word == "nobody" else (word,))


async def allows(tx: Tx, post: PostRow, actor: AccountRow, act: str) -> bool:
    """True if `actor` may do that to a post, which they can see."""
    rule: Rule | None = getattr(post_policies.decode(post.interaction_policy), act)
    if rule is None or actor.id == post.account_id:
        return True
    named = {*rule.automatic, *rule.manual} if not post.local else set(rule.automatic)
    if "public" in named or DOUBTFUL in named:
        return True
    if (act == REPLY or "mentioned" in named) and actor.id in await mention_queries.of_post(tx, post.id):
        return True
    if "followers" in named and await follow_queries.get(tx, actor.id, post.account_id) is not None:
        return True
    return "following" in named and await follow_queries.get(tx, post.account_id, actor.id) is not None


async def check(tx: Tx, post: PostRow, actor: AccountRow, act: str) -> None:
    """Raises Forbidden where `allows` is False."""
    if not await allows(tx, post, actor, act):
        raise Forbidden(f"The author of this post does not let you {DOES[act]} it")
