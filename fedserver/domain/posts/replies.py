"""Replies: who may answer, what may be answered, and how far an answer may reach."""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import quotes
from fedserver.domain.timelines import interaction_policies, partner_posts, visibility
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow


async def get_parent(tx: ReadTx, author: AccountRow, parent_id: int | None) -> PostRow | None:
    """Return the post that `author` wants to answer. Raises NotFoundError, ForbiddenError."""
    if parent_id is None:
        return None
    visible = await visibility.find(tx, parent_id, author.id)
    if visible is None:
        raise NotFoundError(gettext("The post that you want to reply to was not found."))
    post = visible.original
    await interaction_policies.check_allowed(tx, post, author, interaction_policies.REPLY)
    return post


async def is_accepted(tx: ReadTx, parent: PostRow, author: AccountRow) -> bool:
    """Return True if a local post lets a peer's account reply; among peers their nodes decide."""
    return not parent.local or await interaction_policies.is_allowed(
        tx, parent, author, interaction_policies.REPLY
    )


async def set_policy(tx: Tx, author: AccountRow, post_id: int, word: str) -> None:
    """Set the reply audience: public, followers or nobody. Raises NotFoundError, InvalidError."""
    row = await visibility.get_own(tx, author, post_id)
    if word != interaction_policies.get_reply_audience(row):
        await _save_policy(tx, row, interaction_policies.replace_reply_rule(row, word))


async def set_interaction_policy(tx: Tx, author: AccountRow, post_id: int, policy: str) -> None:
    """Set who may answer, like and boost a post of `author` from now on. Raises NotFoundError."""
    await _save_policy(tx, await visibility.get_own(tx, author, post_id), policy)


async def _save_policy(tx: Tx, row: PostRow, policy: str) -> None:
    merged = interaction_policies.merge_quote_rule(row, policy)
    if merged != row.interaction_policy:
        await post_queries.set_interaction_policy(tx, row.id, merged)
        await quotes.broadcast_change(tx, row)


async def restrict_visibility(tx: ReadTx, site: NodeContext, row: PostRow, parent: PostRow | None) -> PostRow:
    """Return a post no wider than what it answers. Raises InvalidError where there are no partners for it."""
    if parent is not None and parent.visibility in ("local", "partners"):
        return _narrow_to_parent(site, row, parent)
    await partner_posts.check_visibility(tx, row.visibility)
    return row


def _narrow_to_parent(site: NodeContext, row: PostRow, parent: PostRow) -> PostRow:
    """Narrow a reply to a post for members or partners: to the same, or to the people it mentions.

    Those may be of other nodes, so a direct one carries no address of what it answers.
    """
    if row.visibility != "direct":
        return structs.replace(row, visibility="local" if row.visibility == "local" else parent.visibility)
    return structs.replace(row, in_reply_to_uri=None, context_uri=site.links.context(row.id))
