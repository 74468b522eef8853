"""Rows of cards."""

from msgspec import Struct


class CardRow(Struct, frozen=True, gc=False):
    """What is shown of a page; `kind` is '' where there was nothing to show."""

    id: int
    url: str
    kind: str
    title: str
    description: str
    author_name: str
    author_url: str
    provider_name: str
    provider_url: str
    html: str
    embed_url: str
    width: int
    height: int
    image_url: str
    image_alt: str
    language: str | None
    published_at: int | None
    creator_id: int | None
    fetched_at: int
    blurhash: str | None = None
