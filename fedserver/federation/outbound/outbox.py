"""Everything an account published, as activities: posts as Create, boosts as Announce."""

from __future__ import annotations

from msgspec import structs

from activitypub.activities import announce, create
from activitypub.addressing import addresses
from activitypub.document import Document
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.timelines import poll_views
from fedserver.federation.outbound.objects import render_post
from storage.engine import ReadTx
from storage.queries.content import media as media_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow
from storage.rows.posts import PostRow


async def render_activities(
    tx: ReadTx, site: NodeContext, account: AccountRow, rows: list[PostRow]
) -> list[Document]:
    """Return the activities of rows of an account, in their order, for its owner only.

    Posts for members or partners only are among them, addressed to nobody: no other server has these
    audiences.
    """
    own_posts = [row for row in rows if row.boost_of_id is None]
    boosted_ids = [row.boost_of_id for row in rows if row.boost_of_id is not None]
    boosted_posts = await post_queries.load_by_ids(tx, boosted_ids)
    files: dict[int, list[MediaRow]] = {}
    for file in await media_queries.load_by_posts(tx, [row.id for row in own_posts]):
        files.setdefault(file.post_id or 0, []).append(file)
    polls = await poll_views.load(tx, own_posts, None)
    quotes = await quote_queries.load_chain(tx, [row.id for row in own_posts])
    activities: list[Document] = []
    for row in rows:
        post = structs.replace(row, visibility="direct") if row.visibility in ("local", "partners") else row
        if row.boost_of_id is None:
            document = render_post(
                site, post, account, files.get(row.id, ()), polls.get(row.id), quotes.get(row.id)
            )
            activities.append(create(site.links.create(row.uri), account.uri, document))
        elif (boosted := boosted_posts.get(row.boost_of_id)) is not None:
            to, cc = addresses(post.visibility, account.followers_uri, [])
            activities.append(announce(row.uri, account.uri, boosted.uri, to, cc, row.published_at))
    return activities
