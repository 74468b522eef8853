"""Who may see a post: the one place that decides.

Lists of ids are made with conditions in SQL that come close; every post then passes here before anybody
sees it.
"""

from __future__ import annotations

from msgspec import Struct

from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

FEDERATED = ("public", "unlisted", "followers", "direct", "partners")
WRITABLE = (*FEDERATED, "local")
PUBLIC_VISIBILITIES = ("public", "unlisted")

# From the widest to the narrowest: an edit or a reply may go to the right only.
NARROWNESS = {"public": 0, "unlisted": 1, "partners": 2, "local": 3, "followers": 4, "direct": 5}
NO_IDS: frozenset[int] = frozenset()


class ViewerFacts(Struct, frozen=True):
    """What the viewer (None: a stranger) has to do with some posts and their authors: ids of either."""

    viewer_id: int | None = None
    is_local: bool = False  # the viewer is an account of this node
    follows: frozenset[int] | set[int] = NO_IDS
    mentioned: frozenset[int] | set[int] = NO_IDS
    blocks: frozenset[int] | set[int] = NO_IDS
    blocked_by: frozenset[int] | set[int] = NO_IDS
    is_partner_member: bool = False  # the viewer is a member of a partner that sees posts for partners


def may_see(post: PostRow, author: AccountRow, facts: ViewerFacts) -> bool:
    """True if the viewer may know that the post exists."""
    if author.suspended_at is not None or author.deleted_at is not None:
        return False
    if facts.viewer_id is not None and post.account_id == facts.viewer_id:
        return True
    if post.state != "published" or post.account_id in facts.blocked_by:
        return False
    if post.visibility in PUBLIC_VISIBILITIES:
        return True
    if facts.viewer_id is None:
        return False
    if post.visibility == "local":
        return facts.is_local
    if post.visibility == "partners":
        # guard: partners: who sees posts for them @true
        return facts.is_local or (facts.is_partner_member and post.local)
    if post.id in facts.mentioned:
        return True
    return post.visibility == "followers" and post.account_id in facts.follows


def narrower(first: str, second: str) -> str:
    """The narrower of two visibilities."""
    return first if NARROWNESS[first] >= NARROWNESS[second] else second
