"""Files and folders that only their owner can read, whatever the umask; new files appear complete.

What root makes belongs to the owner of the folder around it: a command that an administrator runs must not
leave files that the node, which runs as another user, cannot open.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkstemp
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


def give_to_owner_of_folder(path: Path, folder: Path | None = None) -> None:
    """Make a file that root created belong to the owner of its folder; do nothing for other users."""
    if os.geteuid() == 0:
        owner = (folder or path.parent).stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def close_to_others(path: Path) -> None:
    """Take the rights of group and others away from a file that an earlier version made; skip a missing one.

    A file of another user stays as it is: only its owner can change it.
    """
    with suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode
        # guard: mode of an old database
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS & 0o7777)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on disk: a new or moved file is there after a power cut then."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def create_private_folder_beside(path: Path) -> Iterator[Path]:
    """Yield a temporary folder with mode 0700 on the disk of `path`, which is removed afterwards."""
    with TemporaryDirectory(
        prefix=to_temporary_prefix(path), dir=path.parent, ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


def to_temporary_prefix(path: Path) -> str:
    """Return how the names of temporary files beside `path` begin, which a killed process may leave."""
    return f".{path.name}.part-"


def place_new_file(finished: Path, path: Path) -> None:
    """Move a complete file to a name that is free, with mode 0600, synced.

    Raises FileExistsError if `path` exists by then: the one that was there first stays.
    """
    finished.chmod(PRIVATE_FILE)
    give_to_owner_of_folder(finished, path.parent)
    with finished.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(finished, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        finished.rename(path)
    finished.unlink(missing_ok=True)
    sync_folder(path.parent)


@contextmanager
def write_new_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that appears as `path` when the block ends, complete, synced and with mode 0600.

    Nothing is left of it if the block raises. Raises FileExistsError if `path` exists by then.
    """
    handle, name = mkstemp(prefix=to_temporary_prefix(path), dir=path.parent)  # mode 0600
    try:
        with open(handle, "wb") as file:
            yield file
        place_new_file(Path(name), path)
    finally:
        Path(name).unlink(missing_ok=True)
