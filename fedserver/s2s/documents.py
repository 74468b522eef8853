"""Posts, as they were loaded for a viewer, as documents."""

from __future__ import annotations

from activitypub.activities import announce, create
from activitypub.addressing import addresses
from activitypub.document import Document
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.timelines.post_views import PostView
from fedserver.federation.outbound.objects import render_post
from fedserver.federation.outbound.replies import SelfReplies


def render_object(site: NodeContext, view: PostView, self_replies: SelfReplies = ()) -> Document:
    """Return the document of a post without `@context`."""
    files = [*view.media, *([view.cover] if view.cover else [])]
    quote = view.quote.row if view.quote is not None else None
    return render_post(site, view.post, view.account.account, files, view.poll, quote, self_replies)


def render_activity(site: NodeContext, view: PostView, self_replies: SelfReplies = ()) -> Document:
    """Return the Create of a post, or the Announce of a boost."""
    account, row = view.account.account, view.post
    if view.boost_of is None:
        return create(site.links.create(row.uri), account.uri, render_object(site, view, self_replies))
    original = view.boost_of
    to, cc = addresses(row.visibility, account.followers_uri, [original.account.account.uri])
    return announce(row.uri, account.uri, original.post.uri, to, cc, row.published_at)
