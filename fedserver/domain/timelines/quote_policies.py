"""Who may quote a post: what its author said, and what that means for one who asks."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from msgspec import structs

from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.timelines import visibility
from fedserver.domain.timelines.post_policies import PostPolicyRule, decode, encode
from fedserver.domain.timelines.visibility import PUBLIC_VISIBILITIES, WRITABLE, narrower
from fedserver.text.locales import gettext
from storage.engine import ReadTx
from storage.queries.relationships import blocks as block_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

AUDIENCES = ("public", "followers", "nobody")
AUTOMATIC, MANUAL, UNKNOWN, DENIED = "automatic", "manual", "unknown", "denied"
# What an author says of these does not count: Mastodon's rule, and the only safe one.
UNQUOTABLE_VISIBILITIES = ("followers", "direct", "partners")


def encode_policy(audience: str, visibility: str, former: str = "") -> str:
    """Return the stored policy of a local post, with its former other rules. Raises InvalidError.

    Nobody else may quote what is for followers or for named people, whatever was asked for.
    """
    if audience not in AUDIENCES:
        raise InvalidError("quote_approval_policy", f"must be one of {', '.join(AUDIENCES)}")
    if audience == "nobody" or visibility in UNQUOTABLE_VISIBILITIES:
        return encode(structs.replace(decode(former), quote=PostPolicyRule()))
    return encode(structs.replace(decode(former), quote=PostPolicyRule(automatic=(audience,))))


def decode_audience(text: str) -> str:
    """Return the audience that a local author chose."""
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


async def get_quotable(tx: ReadTx, author: AccountRow, quoted_id: int | None) -> PostRow | None:
    """Return the post that `author` wants to quote. Raises NotFoundError, ForbiddenError."""
    if quoted_id is None:
        return None
    visible = await visibility.find(tx, quoted_id, author.id)
    if visible is None:
        raise NotFoundError(gettext("The post that you want to quote was not found."))
    post = visible.original
    if post.visibility == "direct":
        raise ForbiddenError(gettext("Private mentions cannot be quoted."))
    if evaluate(post, author.id, visible.facts.follows) == DENIED:
        raise ForbiddenError(gettext("The author of this post does not allow you to quote it."))
    if await block_queries.find(tx, author.id, post.account_id) is not None:
        raise ForbiddenError(gettext("You cannot quote someone whom you block."))
    return post


async def can_quote(tx: ReadTx, actor: AccountRow, quoted: PostRow) -> bool:
    """Return True if an account of a peer may quote a local post, by its author's policy."""
    visible = await visibility.find(tx, quoted.id, actor.id)
    if visible is None:
        return False
    permission = evaluate(visible.post, actor.id, visible.facts.follows)
    return permission == AUTOMATIC


def apply_policy(
    author: AccountRow, row: PostRow, mentioned: tuple[AccountRow, ...], policy: str, quoted: PostRow | None
) -> PostRow:
    """Return a post with a quote policy, no wider than what it quotes. Raises InvalidError."""
    if row.visibility not in WRITABLE:
        raise InvalidError("visibility", f"must be one of {', '.join(WRITABLE)}")
    visibility = (
        narrow_visibility(quoted, author, row.visibility, mentioned) if quoted is not None else row.visibility
    )
    words = encode_policy(policy, visibility, row.interaction_policy)
    return structs.replace(row, visibility=visibility, interaction_policy=words)


def narrow_visibility(
    quoted: PostRow, author: AccountRow, visibility: str, mentioned: tuple[AccountRow, ...]
) -> str:
    """Return the visibility of a post that quotes: no wider than what it shows. Raises InvalidError."""
    if visibility != "direct":
        return (
            visibility
            if quoted.visibility in PUBLIC_VISIBILITIES
            else narrower(quoted.visibility, visibility)
        )
    if quoted.visibility == "local":
        raise InvalidError("visibility", "of a post that quotes one for members must be for members too")
    if quoted.account_id not in (author.id, *(account.id for account in mentioned)):
        raise InvalidError("text", "of a private mention must name the author of the post that it quotes")
    return visibility
