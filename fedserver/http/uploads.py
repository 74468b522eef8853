"""Files that arrive in a request, held in memory under a limit until the media floor takes them."""

from __future__ import annotations

from aiohttp import BodyPartReader
from msgspec import Struct

from fedserver import domain

CHUNK = 65_536


class Upload(Struct, frozen=True):
    """A file as the client sent it. Name and type are claims; only `data` counts."""

    filename: str
    content_type: str
    data: bytes


async def read_upload(part: BodyPartReader, most: int) -> Upload:
    """Read one file of a multipart body. Raises Invalid beyond `most` bytes."""
    data = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        data += chunk
        if len(data) > most:
            raise domain.Invalid(
                part.name or "file", f"is larger than {most // 1_000_000} MB", "ERR_TOO_LARGE"
            )
    return Upload(part.filename or "", part.headers.get("Content-Type", ""), bytes(data))
