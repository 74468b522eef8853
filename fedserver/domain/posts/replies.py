"""Replies of members: what may be answered, and how far an answer may reach."""

from __future__ import annotations

from msgspec import structs

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines import interaction_policies, partner_posts, visibility
from fedserver.text.locales import gettext
from storage.engine import ReadTx
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
