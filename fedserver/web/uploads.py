"""Files that arrive in a request: small ones in memory, others in files without a name.

A file without a name is gone when the request ends, however it ends: nothing is left behind after a refusal
or a lost connection.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from aiohttp import BodyPartReader
from msgspec import Struct

from fedserver.runtime.media_intake import build_too_large_error
from storage.private_files import create_folder

CHUNK_BYTES, MAX_IN_MEMORY_BYTES = 65_536, 1_048_576


class Upload(Struct, frozen=True):
    """A file as the client sent it. Name and type are claims; only the content counts."""

    filename: str
    content_type: str
    size: int
    head: bytes  # the first mebibyte
    rest: IO[bytes] | None  # everything, if there is more

    @property
    def data(self) -> bytes:
        """All of it, in memory."""
        return self.head if self.rest is None else os.pread(self.rest.fileno(), self.size, 0)

    def save(self, path: Path) -> None:
        """Write all of it to a file. It blocks."""
        with path.open("wb") as target:
            if self.rest is None:
                target.write(self.head)
            else:
                self.rest.seek(0)
                shutil.copyfileobj(self.rest, target)


class Uploads:
    """The files of one request: each has at most `max_bytes` bytes, all together twice that."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._remaining_bytes = 2 * max_bytes
        self._files = ExitStack()

    async def read(self, part: BodyPartReader) -> Upload:
        """Read one file of a multipart body. Raises InvalidError beyond the limits."""
        file: IO[bytes] | None = None
        head, size, buffer = b"", 0, bytearray()
        while chunk := await part.read_chunk(CHUNK_BYTES):
            size += len(chunk)
            if size > min(self._max_bytes, self._remaining_bytes):
                raise build_too_large_error(part.name or "file", self._max_bytes)
            buffer += chunk
            if len(buffer) >= MAX_IN_MEMORY_BYTES:
                head = head or bytes(buffer)
                if file is None:
                    file = await asyncio.to_thread(self._open_file)
                await asyncio.to_thread(file.write, buffer)
                buffer.clear()
        if file is not None:
            await asyncio.to_thread(_flush_file, file, buffer)
        self._remaining_bytes -= size
        return Upload(
            part.filename or "", part.headers.get("Content-Type", ""), size, head or bytes(buffer), file
        )

    def _open_file(self) -> IO[bytes]:
        create_folder(self._folder)
        return self._files.enter_context(TemporaryFile(dir=self._folder))

    def close(self) -> None:
        """Close the files, which removes them."""
        self._files.close()


def _flush_file(file: IO[bytes], rest: bytearray) -> None:
    file.write(rest)
    file.flush()


async def read_text(part: BodyPartReader, max_bytes: int) -> str:
    """Read a part that is no file. Raises InvalidError beyond `max_bytes` bytes."""
    data = bytearray()
    while chunk := await part.read_chunk(CHUNK_BYTES):
        data += chunk
        if len(data) > max_bytes:
            raise build_too_large_error(part.name or "file", max_bytes)
    return data.decode("utf-8", "replace")
