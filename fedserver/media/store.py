"""The store of files: a folder, under random keys. No input of clients becomes a path.

A file is written under another name, synced and moved into place, so that it is complete or absent. Only
the user of the node can read them: among them are files of posts for few, and archives.
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

from storage.private_files import PRIVATE_FILE, create_file, create_folder

FOLDER_DEPTH = 2
TEMP_FOLDER, PRIVATE_FOLDER = ".work", ".apart"


def _new_key(extension: str) -> str:
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:4]}/{name[4:]}.{extension}"


class FileStore:
    """Files under `root`. Keys look like `ab/cd/117636…-k3X.webp`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming_dir = root / TEMP_FOLDER  # for files without a name, while a request lasts

    async def put_bytes(self, data: bytes, extension: str) -> str:
        """Store `data` and return its key. `extension` is one that this module chose, such as `webp`."""
        key = _new_key(extension)
        await asyncio.to_thread(self._write, self.root / key, data)
        return key

    async def copy(self, key: str) -> str:
        """Store the file of a key once more and return the new key. Raises OSError if it is not there."""
        path = self.root / key
        return await self.put_bytes(await asyncio.to_thread(path.read_bytes), key.rpartition(".")[2])

    async def put_file(self, path: Path, extension: str) -> str:
        """Move a file of a `temp_dir` into the store and return its key."""
        key = _new_key(extension)
        await asyncio.to_thread(self._move, path, self.root / key)
        return key

    @contextmanager
    def temp_dir(self) -> Iterator[Path]:
        """Yield a temporary folder on the same disk, which is removed afterwards."""
        create_folder(self.incoming_dir)
        with TemporaryDirectory(dir=self.incoming_dir, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    async def put_private(self, path: Path, extension: str) -> str:
        """Move a file of a `temp_dir` to the private folder, which has no URL, and return its name."""
        name = f"{secrets.token_hex(16)}.{extension}"
        await asyncio.to_thread(self._move, path, self.root / PRIVATE_FOLDER / name)
        return name

    def private_path(self, name: str) -> Path | None:
        """Return the path of a private file, None if it does not exist."""
        path = self.root / PRIVATE_FOLDER / name
        is_name = name.isascii() and name.replace(".", "").isalnum() and not name.startswith(".")
        return path if is_name and path.is_file() else None

    async def remove_private(self, name: str) -> None:
        """Remove a private file, if it exists."""
        if (path := self.private_path(name)) is not None:
            await asyncio.to_thread(path.unlink, True)

    async def purge_private(self, before: float) -> None:
        """Remove private files from before a time (seconds UTC)."""
        await asyncio.to_thread(self._purge_private, before)

    def _purge_private(self, before: float) -> None:
        for path in (self.root / PRIVATE_FOLDER).glob("*"):
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)

    async def purge_temp(self, before: float) -> None:
        """Remove temporary folders from before a time (seconds UTC), which dead processes left."""
        await asyncio.to_thread(self._purge_temp, before)

    def _purge_temp(self, before: float) -> None:
        for folder in self.incoming_dir.glob("*"):
            if folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)

    def _move(self, source: Path, path: Path) -> None:
        create_folder(path.parent)
        source.chmod(PRIVATE_FILE)
        with source.open("rb") as handle:
            os.fsync(handle.fileno())
        source.replace(path)

    def _write(self, path: Path, data: bytes) -> None:
        create_folder(path.parent)
        partial = path.with_name(path.name + ".part")
        try:
            create_file(partial)
            with partial.open("wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def path(self, key: str) -> Path | None:
        """Return the path of the file of a key, None for an invalid or unknown key."""
        parts = key.split("/")
        is_key = all(part and part.replace(".", "").isalnum() and not part.startswith(".") for part in parts)
        if len(parts) != FOLDER_DEPTH + 1 or not is_key or not key.isascii():
            return None
        path = self.root / key
        return path if path.is_file() else None

    async def remove(self, keys: tuple[str, ...]) -> None:
        """Remove files; unknown keys are ignored."""
        paths = [path for key in keys if key and (path := self.path(key)) is not None]
        for path in paths:
            await asyncio.to_thread(path.unlink, True)
