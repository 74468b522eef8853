"""Where files lie: a folder, under keys that we make. Nothing a client says becomes a path.

A file is written under another name, synced and moved into place, so that it is whole or not there.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER_DEPTH = 2
TEMP_FOLDER, PRIVATE_FOLDER = ".work", ".apart"


def _new_key(ending: str) -> str:
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:4]}/{name[4:]}.{ending}"


class FileStore:
    """Files under `root`. Keys look like `ab/cd/117636…-k3X.webp`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming_dir = root / TEMP_FOLDER  # where files without a name may lie while a request lasts

    async def put(self, data: bytes, extension: str) -> str:
        """Keep `data`; its key. `ending` is one of our own words, like `webp`."""
        key = _new_key(extension)
        await asyncio.to_thread(self._write, self.root / key, data)
        return key

    async def put_file(self, path: Path, extension: str) -> str:
        """Keep a file of a workshop, without copying it; its key."""
        key = _new_key(extension)
        await asyncio.to_thread(self._move, path, self.root / key)
        return key

    @contextmanager
    def temp_dir(self) -> Iterator[Path]:
        """A folder to work in, on the same disk; it is gone afterwards with all that is in it."""
        self.incoming_dir.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.incoming_dir, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    async def put_private(self, path: Path, extension: str) -> str:
        """Keep a file of a workshop where no address leads; its name."""
        name = f"{secrets.token_hex(16)}.{extension}"
        await asyncio.to_thread(self._move, path, self.root / PRIVATE_FOLDER / name)
        return name

    def private_path(self, name: str) -> Path | None:
        """Where a file lies that was kept apart; None if it is not there."""
        path = self.root / PRIVATE_FOLDER / name
        plain = name.isascii() and name.replace(".", "").isalnum() and not name.startswith(".")
        return path if plain and path.is_file() else None

    async def remove_private(self, name: str) -> None:
        """Remove a file that was kept apart, if it is there."""
        if (path := self.private_path(name)) is not None:
            await asyncio.to_thread(path.unlink, True)

    async def purge_private(self, before: float) -> None:
        """Remove what was kept apart before a moment (s UTC)."""
        await asyncio.to_thread(self._purge_private, before)

    def _purge_private(self, before: float) -> None:
        for path in (self.root / PRIVATE_FOLDER).glob("*"):
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)

    async def purge_temp(self, before: float) -> None:
        """Remove workshops that a dead process left, made before a moment (s UTC)."""
        await asyncio.to_thread(self._purge_temp, before)

    def _purge_temp(self, before: float) -> None:
        for folder in self.incoming_dir.glob("*"):
            if folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)

    def _move(self, source: Path, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as handle:
            os.fsync(handle.fileno())
        source.replace(path)

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
        if len(parts) != FOLDER_DEPTH + 1 or not plain or not key.isascii():
            return None
        path = self.root / key
        return path if path.is_file() else None

    async def remove(self, keys: tuple[str, ...]) -> None:
        """Remove files; those that are not there are no error."""
        paths = [path for key in keys if key and (path := self.path(key)) is not None]
        for path in paths:
            await asyncio.to_thread(path.unlink, True)
