"""PreviewCard and Trends::Link (docs.joinmastodon.org/entities/PreviewCard) of links and articles."""

from __future__ import annotations

from msgspec import Struct, structs

from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.media_attachments import render_media_attachment
from fedserver.client_api.entities.tags import TagUse, render_week
from fedserver.client_api.entities.times import to_iso, to_iso_or_none
from fedserver.domain.timelines import cards, post_views, trend_reviews
from fedserver.links import Links


class CardAuthor(Struct, frozen=True):
    name: str
    url: str
    account: Account | None = None


class Card(Struct, frozen=True):
    url: str
    title: str
    description: str
    type: str = "link"
    author_name: str = ""
    author_url: str = ""
    provider_name: str = ""
    provider_url: str = ""
    html: str = ""
    width: int = 0
    height: int = 0
    image: str | None = None
    image_description: str = ""
    embed_url: str = ""
    blurhash: str | None = None
    language: str | None = None
    published_at: str | None = None
    authors: list[CardAuthor] = []
    history: list[TagUse] = []


def render_card(links: Links, view: post_views.PostView) -> Card | None:
    """Return the card below a post. Returns None if it has none."""
    if view.post.kind == "Article" or view.cover is not None:
        return _render_article_card(links, view)
    return _render_link_card(links, view.card) if view.card is not None else None


def render_trend_link(links: Links, trend: trend_reviews.LinkTrend, now: int) -> Card:
    """Return a trending link with its uses of the last seven days; `now` is in ms UTC."""
    return structs.replace(_render_link_card(links, trend.card), history=render_week(trend.uses, now))


def _render_article_card(links: Links, view: post_views.PostView) -> Card:
    row = view.post
    shows_cover = view.cover is not None and view.cover.kind == "image"
    cover = render_media_attachment(links, view.cover) if view.cover and shows_cover else None
    return Card(
        url=row.url,
        title=row.title,
        description=row.summary,
        author_name=view.account.name,
        author_url=view.account.account.url,
        width=(view.cover.width or 0) if view.cover else 0,
        height=(view.cover.height or 0) if view.cover else 0,
        image=cover.url if cover else None,
        image_description=(cover.description or "") if cover else "",
        blurhash=cover.blurhash if cover else None,
        language=row.language,
        published_at=to_iso(row.published_at),
    )


def _render_link_card(links: Links, view: cards.CardView) -> Card:
    row = view.row
    picture = links.with_grant(links.remote_media(row.id, "card", row.image_url)) or None
    return Card(
        url=row.url,
        title=row.title,
        description=row.description,
        type=row.kind,
        author_name=row.author_name,
        author_url=row.author_url,
        provider_name=row.provider_name,
        provider_url=row.provider_url,
        html=row.html,
        width=row.width,
        height=row.height,
        image=picture,
        image_description=row.image_alt,
        # A photo is its own image; a player is loaded when the reader starts it.
        embed_url=picture or "" if row.kind == "photo" else row.embed_url,
        blurhash=row.blurhash,
        language=row.language,
        published_at=to_iso_or_none(row.published_at),
        authors=_render_authors(links, view),
    )


def _render_authors(links: Links, view: cards.CardView) -> list[CardAuthor]:
    """Return the account that the page names, if its owner agreed, else the author that the page names."""
    if view.author is not None:
        return [CardAuthor(view.author.name, view.author.account.url, render_account(links, view.author))]
    row = view.row
    return [CardAuthor(row.author_name, row.author_url)] if row.author_name else []
