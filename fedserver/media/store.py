"""Where files lie: a folder, under keys that we make. Nothing a client says becomes a path.

A file is written under another name, synced and moved into place, so that it is whole or not there.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path

FOLDERS = 2


class FileStore:
    """Files under `root`. Keys look like `ab/cd/117636…-k3X.webp`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def put(self, data: bytes, ending: str) -> str:
        """Keep `data`; its key. `ending` is one of our own words, like `webp`."""
        name = secrets.token_hex(16)
        key = f"{name[:2]}/{name[2:4]}/{name[4:]}.{ending}"
        await asyncio.to_thread(self._write, self.root / key, data)
        return key

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".part")
        try:
            with partial.open("wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def path(self, key: str) -> Path | None:
        """Where the file of a key lies; None for a key that is not ours or not there."""
        parts = key.split("/")
        plain = all(part and part.replace(".", "").isalnum() and not part.startswith(".") for part in parts)
        if len(parts) != FOLDERS + 1 or not plain or not key.isascii():
            return None
        path = self.root / key
        return path if path.is_file() else None

    async def remove(self, keys: tuple[str, ...]) -> None:
        """Remove files; those that are not there are no error."""
        paths = [path for key in keys if key and (path := self.path(key)) is not None]
        for path in paths:
            await asyncio.to_thread(path.unlink, True)
