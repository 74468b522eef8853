"""Visibility: the one place that decides who may see a post.

Lists of ids come from SQL whose conditions may let too many posts through; `post_views` then checks each with
`may_see`. `require` checks a single post before an account interacts with it, by the same function, with one
statement, or two for posts for partners.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from fedserver.domain.kernel.errors import NotFoundError
from storage.engine import ReadTx
from storage.queries.peers import partners as partner_queries
from storage.queries.posts import posts as post_queries
from storage.queries.timelines import post_facts as post_fact_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostAccessRow, PostAuthorRow, PostRow

FEDERATED = ("public", "unlisted", "followers", "direct", "partners")
WRITABLE = (*FEDERATED, "local")
PUBLIC_VISIBILITIES = ("public", "unlisted")

# From the widest to the narrowest: an edit or a reply may go to the right only.
NARROWNESS = {"public": 0, "unlisted": 1, "partners": 2, "local": 3, "followers": 4, "direct": 5}
NO_IDS: frozenset[int] = frozenset()
# Scope of an agreement: the partner's members see posts for partners. Not the visibility `local`.
SCOPE_PARTNER_POSTS = "local"


class AuthorStanding(Protocol):
    """The fields of an author that decide: whether the account is suspended or deleted."""

    @property
    def suspended_at(self) -> int | None: ...

    @property
    def deleted_at(self) -> int | None: ...


class ViewerFacts(Struct, frozen=True):
    """The relations of a viewer (None: not logged in) to some posts and their authors, as ids of either."""

    viewer_id: int | None = None
    is_local: bool = False  # the viewer is an account of this node
    follows: frozenset[int] | set[int] = NO_IDS
    mentioned: frozenset[int] | set[int] = NO_IDS
    blocked_by: frozenset[int] | set[int] = NO_IDS
    hidden: frozenset[int] | set[int] = NO_IDS  # whom the viewer blocks or mutes, the domain included
    is_partner_member: bool = False  # the viewer is a member of a partner that sees posts for partners


class VisiblePost(Struct, frozen=True):
    """A post that a viewer may see, with the post that it boosts."""

    post: PostRow
    boost_of: PostRow | None
    facts: ViewerFacts

    @property
    def original(self) -> PostRow:
        """The post that was written: this one, or the one that it boosts."""
        return self.boost_of or self.post


def may_see(post: PostRow, author: AuthorStanding, facts: ViewerFacts) -> bool:
    """Return True if the viewer may know that the post exists."""
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


def may_see_boosted(post: PostRow, author: AuthorStanding, facts: ViewerFacts) -> bool:
    """Return True if the viewer may see a post inside a boost: not of an author whom they block or mute."""
    return post.account_id not in facts.hidden and may_see(post, author, facts)


async def require(tx: ReadTx, post_id: int, viewer_id: int | None) -> PostRow:
    """Return a post that the viewer may see; for a boost, the boosted post. Raises NotFoundError."""
    visible = await find(tx, post_id, viewer_id)
    if visible is None:
        raise NotFoundError
    return visible.original


async def get(tx: ReadTx, post_id: int, viewer_id: int | None) -> PostRow:
    """Return a post that the viewer may see; a boost as itself. Raises NotFoundError."""
    visible = await find(tx, post_id, viewer_id)
    if visible is None:
        raise NotFoundError
    return visible.post


async def get_own(tx: ReadTx, author: AccountRow, post_id: int) -> PostRow:
    """Return a post of `author`, but no boost. Raises NotFoundError, also for a post of another account."""
    row = await post_queries.find(tx, post_id)
    # guard: whose post it is @2
    if row is None or row.account_id != author.id or row.boost_of_id is not None:
        raise NotFoundError
    return row


async def find(tx: ReadTx, post_id: int, viewer_id: int | None) -> VisiblePost | None:
    """Return a post with the post that it boosts; None if the viewer may not see it, or there is none."""
    access = await post_fact_queries.find_access(tx, post_id, viewer_id)
    if access is None:
        return None
    facts = await _build_facts(tx, access, viewer_id)
    post, original, original_author = access.post, access.original, access.original_author
    if not may_see(post, access.author, facts):
        return None
    if post.boost_of_id is None:
        return VisiblePost(post, None, facts)
    if original is None or original_author is None or not may_see_boosted(original, original_author, facts):
        return None
    return VisiblePost(post, original, facts)


async def can_see(tx: ReadTx, post_id: int, viewer_id: int | None) -> bool:
    """Return True if the viewer may see a post."""
    return await find(tx, post_id, viewer_id) is not None


async def _build_facts(tx: ReadTx, access: PostAccessRow, viewer_id: int | None) -> ViewerFacts:
    if viewer_id is None:
        return ViewerFacts()
    pairs = [(access.post, access.author)]
    if access.original is not None and access.original_author is not None:
        pairs.append((access.original, access.original_author))
    for_partners = any(post.visibility == "partners" for post, _ in pairs)
    return ViewerFacts(
        viewer_id,
        is_local=access.viewer_domain == "",
        follows={post.account_id for post, author in pairs if author.is_followed},
        mentioned={post.id for post, author in pairs if author.is_viewer_mentioned},
        blocked_by={post.account_id for post, author in pairs if author.blocks_viewer},
        hidden={post.account_id for post, author in pairs if _is_hidden(author)} - {viewer_id},
        is_partner_member=for_partners and await is_partner(tx, access.viewer_domain),
    )


def _is_hidden(author: PostAuthorRow) -> bool:
    return author.is_blocked or author.is_muted


async def is_partner(tx: ReadTx, domain: str | None) -> bool:
    """Return True if a domain is a partner's whose members see posts for partners."""
    return (
        bool(domain)
        and await partner_queries.find_collection(tx, domain or "", SCOPE_PARTNER_POSTS) is not None
    )


def narrower(first: str, second: str) -> str:
    """Return the narrower of two visibilities."""
    return first if NARROWNESS[first] >= NARROWNESS[second] else second
