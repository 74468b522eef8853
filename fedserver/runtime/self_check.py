"""What `fedserver check` asks the running node: what arrived of its requests, and what the node can write.

Only a command that can read the seal key of the node gets an answer: it sends a token that is sealed with it,
and that counts once, within a minute.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from pathlib import Path

from msgspec import Struct

from fedserver.config import Config
from storage.private_files import create_folder
from storage.sealing.box import SecretBox

HEADER = "Fedserver-Check"
PATH = "/readyz/details"
SOCKET_PATH, EVENTS_PATH = "/api/v1/streaming", "/api/v1/streaming/user"
EVENTS_HOLD_S = 4.0  # for how long the node keeps a probed stream of events open after the first
CONTEXT = "self check"
MAX_TOKEN_AGE_MS = 60_000
LOW_FREE_BYTES, LOW_FREE_SHARE = 2_000_000_000, 0.05
# What signatures of peers cover (draft-cavage-12, RFC 9421), and what proxies tell about the client.
RETURNED_HEADERS = ("Host", "Date", "Digest", "Signature", "X-Forwarded-For", "Forwarded")


class FolderReport(Struct, frozen=True):
    """A folder or file that the node writes: the problem, '' for none, and the free bytes of its disk."""

    path: str
    problem: str = ""
    free_bytes: int = 0


class DiskSpace(Struct, frozen=True):
    """A disk that the node writes, by one of its folders there: bytes in all, and free ones."""

    path: str
    total_bytes: int
    free_bytes: int

    @property
    def is_nearly_full(self) -> bool:
        """True if there is little room for what members upload in the next days."""
        return self.free_bytes < LOW_FREE_BYTES or self.free_bytes < self.total_bytes * LOW_FREE_SHARE


class ReceivedRequest(Struct, frozen=True):
    """A request as the running node got it, and what the node says of itself."""

    version: str
    uid: int
    now: int  # ms UTC
    domain: str
    target: str  # path and query as they arrived
    remote: str  # the address at the other end of the connection: that of the proxy, if there is one
    client: str  # the address that counts for limits and blocks
    headers: dict[str, str]
    folders: tuple[FolderReport, ...]


def create_token(box: SecretBox, now: int) -> str:
    """Return a token for one request. Raises OSError where the seal key cannot be read."""
    return box.encrypt(f"{now}:{secrets.token_hex(8)}", CONTEXT)


def list_written_folders(config: Config) -> list[Path]:
    """Return the folders that a node writes; it creates those that are missing."""
    store = Path(config.media.store.removeprefix("file:"))
    # As media/store.py names its folders: for what is being worked on, and for archives.
    folders = [Path(config.node.data_dir), store, store / ".work", store / ".apart"]
    folders.append(Path(tempfile.gettempdir()))
    if config.database.url.startswith("sqlite:"):
        folders.append(Path(config.database.url.removeprefix("sqlite:")).parent)
    if config.node.listen.startswith("unix:"):
        folders.append(Path(config.node.listen.removeprefix("unix:")).parent)
    return list(dict.fromkeys(folders))


def list_written_files(config: Config) -> list[Path]:
    """Return the files that a node opens for writing, as far as they exist."""
    if not config.database.url.startswith("sqlite:"):
        return []
    database = config.database.url.removeprefix("sqlite:")
    # The second and third are beside an open database (sqlite.org/tempfiles.html).
    return [path for ending in ("", "-wal", "-shm") if (path := Path(database + ending)).exists()]


def list_disks(config: Config) -> tuple[DiskSpace, ...]:
    """Return the disks with the data and the files of members; each once, missing folders are left out."""
    disks: dict[int, DiskSpace] = {}
    for path in (Path(config.node.data_dir), Path(config.media.store.removeprefix("file:"))):
        try:
            usage = shutil.disk_usage(path)
            disks.setdefault(path.stat().st_dev, DiskSpace(str(path), usage.total, usage.free))
        except OSError:
            continue  # the check of the folders says so
    return tuple(disks.values())


def probe_written_paths(config: Config) -> tuple[FolderReport, ...]:
    """Write into each folder, and open each file for writing, as the user of this process."""
    return tuple(probe_path(path) for path in (*list_written_folders(config), *list_written_files(config)))


def probe_path(path: Path) -> FolderReport:
    """Try to write to a folder, which is created if it is missing, or to a file, which stays as it is."""
    try:
        if path.is_file():
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC))
            return FolderReport(str(path), free_bytes=shutil.disk_usage(path.parent).free)
        create_folder(path)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
        return FolderReport(str(path), free_bytes=shutil.disk_usage(path).free)
    except OSError as error:
        return FolderReport(str(path), error.strerror or str(error))
