"""oEmbed of our public posts (docs.joinmastodon.org/methods/oembed): a quotation that needs no script."""

from __future__ import annotations

from html import escape

from msgspec import Struct

from fedserver import domain
from fedserver.http import Call, Routes
from fedserver.text import excerpt
from storage import PostRow

routes = Routes("client_api")
DAY_SECONDS = 86_400
LEAST_WIDTH, MOST_WIDTH = 200, 1_000


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
    found = await call.services.resolver.known(call.params.url.partition("?")[0].partition("#")[0])
    if not isinstance(found, PostRow) or not found.local or found.visibility not in ("public", "unlisted"):
        raise domain.NotFound
    async with call.services.db.read() as tx:
        views = await domain.post_views.load(tx, [found.id], None)
    if not views or views[0].boost_of is not None:
        raise domain.NotFound
    view = views[0]
    width = max(LEAST_WIDTH, min(call.params.maxwidth, MOST_WIDTH))
    return OEmbed(
        title=view.post.title or f"A post by {view.account.name}",
        author_name=view.account.name,
        author_url=view.account.account.url,
        provider_name=call.site.config.community.title,
        provider_url=f"{call.site.links.base}/",
        html=_quoted(view, width),
        width=width,
    )


def _quoted(view: domain.post_views.PostView, width: int) -> str:
    row = view.post
    text = row.summary if row.summary and row.kind != "Article" else excerpt(row.html, 500)
    title = f"<p><strong>{escape(row.title)}</strong></p>" if row.title else ""
    author = f"{escape(view.account.name)} (@{escape(view.account.account.username)})"
    return (
        f'<blockquote cite="{escape(row.url)}" style="max-width: {width}px">{title}'
        f'<p>{escape(text)}</p><footer><a href="{escape(row.url)}">{author}</a></footer></blockquote>'
    )
