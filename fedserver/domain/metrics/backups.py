"""When the database was last backed up, and when a backup was last read and found whole."""

from __future__ import annotations

import msgspec
from msgspec import Struct, structs

from storage.engine import ReadTx, Tx
from storage.queries.kernel import settings as setting_queries

# In the table of settings, which every version of the schema has: a backup is made before an upgrade.
SETTING = "backups"
DAY_MS = 86_400_000
MAX_AGE_MS = 7 * DAY_MS  # what a community may lose at most, if the disk fails
MAX_PATH = 1_000  # characters that are kept of a path


class BackupRecord(Struct, frozen=True):
    """The last backup and the last one that was verified; times are ms UTC, 0 for never."""

    made_at: int = 0
    path: str = ""
    bytes: int = 0
    verified_at: int = 0
    verified_path: str = ""

    def is_overdue(self, now: int) -> bool:
        """Return True if there is no backup of the last week."""
        return self.made_at < now - MAX_AGE_MS


_decode = msgspec.json.Decoder(BackupRecord).decode
_encode = msgspec.json.Encoder().encode


async def load(tx: ReadTx) -> BackupRecord:
    """Return what is known of backups."""
    stored = await setting_queries.find(tx, SETTING)
    return _decode(stored) if stored is not None else BackupRecord()


async def record_made(tx: Tx, path: str, size: int) -> None:
    """Record that a backup of `size` bytes was written to `path`."""
    record = structs.replace(await load(tx), made_at=tx.now, path=path[:MAX_PATH], bytes=size)
    await setting_queries.set_value(tx, SETTING, _encode(record).decode())


async def record_verified(tx: Tx, path: str) -> None:
    """Record that the backup at `path` was read and is whole."""
    record = structs.replace(await load(tx), verified_at=tx.now, verified_path=path[:MAX_PATH])
    await setting_queries.set_value(tx, SETTING, _encode(record).decode())
