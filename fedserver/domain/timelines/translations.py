"""Translations of posts by a server that the operator chose; each is stored for a month."""

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
    """Return a digest of the texts of a post, which differs after an edit."""
    return hashlib.sha256(_encode(texts)).hexdigest()


async def find(tx: ReadTx, post_id: int, language: str, digest: str) -> PostTranslation | None:
    """Return the stored translation of the texts with this digest, None if there is none."""
    stored = await translation_queries.find_texts(tx, post_id, language, digest)
    return None if stored is None else _decode(stored)


async def save(tx: Tx, post_id: int, language: str, digest: str, translation: PostTranslation) -> None:
    """Store a translation, if its post still exists."""
    if await post_queries.find(tx, post_id) is not None:
        await translation_queries.upsert_texts(tx, post_id, language, digest, _encode(translation).decode())
