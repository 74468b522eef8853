"""Cached translations of posts."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from storage.engine import ReadTx, Tx
from storage.statements import upsert
from storage.tables.timelines import translations

FIND_TEXTS = select(translations.c.texts).where(
    translations.c.post_id == bindparam("post_id"),
    translations.c.language == bindparam("language"),
    translations.c.digest == bindparam("digest"),
)
_upsert = upsert(translations)
UPSERT_TEXTS = _upsert.on_conflict_do_update(
    index_elements=["post_id", "language"],
    set_={name: _upsert.excluded[name] for name in ("digest", "texts", "translated_at")},
)
PURGE_EXPIRED = delete(translations).where(translations.c.translated_at < bindparam("before"))


async def find_texts(tx: ReadTx, post_id: int, language: str, digest: str) -> str | None:
    """Return the translated texts (JSON) of the source with this digest."""
    cached_texts: str | None = await tx.value(FIND_TEXTS, post_id=post_id, language=language, digest=digest)
    return cached_texts


async def upsert_texts(tx: Tx, post_id: int, language: str, digest: str, texts: str) -> None:
    await tx.run(
        UPSERT_TEXTS, post_id=post_id, language=language, digest=digest, texts=texts, translated_at=tx.now
    )


async def purge_expired(tx: Tx, before: int) -> None:
    """Delete translations made before a time (ms UTC)."""
    await tx.run(PURGE_EXPIRED, before=before)
