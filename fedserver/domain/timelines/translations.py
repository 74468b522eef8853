"""Translations of posts by a server that the operator chose. What was translated once is kept for a month."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.domain.timelines import post_views
from fedserver.domain.timelines.post_views import PostView
from storage.engine import ReadTx, Tx
from storage.queries.posts import posts as post_queries
from storage.queries.timelines import translations as translation_queries


class PostTranslation(Struct, frozen=True):
    """The texts of a post in another language, in the order in which they were given."""

    texts: tuple[str, ...]
    detected: str
    provider: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(PostTranslation).decode


async def get_source(tx: ReadTx, post_id: int, viewer_id: int | None) -> PostView:
    """Return a post that may be translated, a public one. Raises NotFoundError, ForbiddenError."""
    view = await post_views.get(tx, post_id, viewer_id)
    view = view.boost_of or view
    if view.post.visibility not in ("public", "unlisted"):
        raise ForbiddenError
    return view


def compute_digest(texts: list[str]) -> str:
    """Return a digest that differs after an edit."""
    return hashlib.sha256(_encode(texts)).hexdigest()


async def find(tx: ReadTx, post_id: int, language: str, digest: str) -> PostTranslation | None:
    """Return a stored translation of the same texts."""
    found = await translation_queries.find_texts(tx, post_id, language, digest)
    return None if found is None else _decode(found)


async def save(tx: Tx, post_id: int, language: str, digest: str, translation: PostTranslation) -> None:
    """Keep a translation, if its post is still there."""
    if await post_queries.find(tx, post_id) is not None:
        await translation_queries.upsert_texts(tx, post_id, language, digest, _encode(translation).decode())
