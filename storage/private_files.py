"""Files and folders that only their owner can read, whatever the umask; files are written whole or not at all.

What root makes belongs to the owner of the folder around it: a command that an administrator runs must not
leave files that the node, which runs as another user, cannot open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import IO

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
OTHERS = 0o077  # the bits of a mode that let group and others in


def create_folder(path: Path) -> None:
    """Create a folder and those above it that are missing, each with mode 0700; leave existing ones alone."""
    if path.is_dir():
        return
    create_folder(path.parent)
    with suppress(FileExistsError):
        path.mkdir(mode=PRIVATE_FOLDER)
        give_to_owner_of_folder(path)


def create_file(path: Path) -> None:
    """Create an empty file with mode 0600 unless it exists. Raises OSError.

    Programs that open it afterwards, and give their own files beside it the same mode as SQLite does, then
    never have a moment in which others can read it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE))
        give_to_owner_of_folder(path)


def give_to_owner_of_folder(path: Path) -> None:
    """Make a file that root created belong to the owner of its folder; do nothing for other users."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)


def close_to_others(path: Path) -> None:
    """Take the rights of group and others away from a file that an earlier version made; skip a missing one.

    A file of another user stays as it is: only its owner can change it.
    """
    with suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS & 0o7777)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on disk, so that a new or moved file is there after a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def write_new_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that appears as `path` when the block ends, complete, synced and with mode 0600.

    Nothing is left of it if the block raises. Raises FileExistsError if `path` exists by then: whoever was
    there first stays.
    """
    handle, name = mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)  # mode 0600
    try:
        with open(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        give_to_owner_of_folder(Path(name))
        os.link(name, path)
        sync_folder(path.parent)
    finally:
        os.unlink(name)
