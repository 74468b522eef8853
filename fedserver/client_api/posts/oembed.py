"""oEmbed of our public posts (docs.joinmastodon.org/methods/oembed): a quotation without a script."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.content import post_texts
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines import post_views
from fedserver.text.locales import gettext
from fedserver.web.endpoint import Call, Routes
from storage.rows.posts import PostRow

routes = Routes("client_api")
DAY_SECONDS = 86_400
# Pixels; narrower the text cannot be read, wider its lines are too long.
MIN_WIDTH, MAX_WIDTH = 200, 1_000


class OEmbedParams(Struct, frozen=True):
    url: str = ""
    maxwidth: int = 400
    maxheight: int | None = None


class OEmbed(Struct, frozen=True, kw_only=True):
    type: str = "rich"
    version: str = "1.0"
    title: str
    author_name: str
    author_url: str
    provider_name: str
    provider_url: str
    cache_age: int = DAY_SECONDS
    html: str
    width: int
    height: None = None


@routes.get("/api/oembed", params=OEmbedParams, tx="own")
async def show(call: Call[OEmbedParams]) -> OEmbed:
    post = await call.services.resolver.find_by_address(call.params.url.partition("?")[0].partition("#")[0])
    if not isinstance(post, PostRow) or not post.local or post.visibility not in ("public", "unlisted"):
        raise NotFoundError
    async with call.services.db.read() as tx:
        views = await post_views.load(tx, [post.id], None)
    if not views or views[0].boost_of is not None:
        raise NotFoundError
    view = views[0]
    author = f"{view.account.name} (@{view.account.account.username})"
    width = max(MIN_WIDTH, min(call.params.maxwidth, MAX_WIDTH))
    return OEmbed(
        title=view.post.title or gettext("A post by %(name)s", name=view.account.name),
        author_name=view.account.name,
        author_url=view.account.account.url,
        provider_name=call.site.config.community.title,
        provider_url=f"{call.site.links.base}/",
        html=post_texts.render_embed(view.post, author, width),
        width=width,
    )
