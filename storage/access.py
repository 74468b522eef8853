"""Who may use a database: any number of processes that share it, or one that replaces it.

Every process that opens a database holds a shared lock for as long: nodes, their workers, commands. A restore
takes the lock for itself and fails if that is not possible, and nothing opens the database meanwhile. The
system and PostgreSQL drop the locks of a process that dies.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from storage.errors import DatabaseInUseError
from storage.private_files import create_file

# A lock of its own, as `.lock` is held by each upgrade in turn. The file stays: removing it would let two
# processes hold locks of two files of one name.
SUFFIX = ".in-use"
ADVISORY_LOCK = 0x66656475  # "fedu"; held by a session of PostgreSQL, so not through a pooler
TRY_SHARE = f"SELECT pg_try_advisory_lock_shared({ADVISORY_LOCK})"
TRY_RESERVE = f"SELECT pg_try_advisory_lock({ADVISORY_LOCK})"
BEING_REPLACED = "the database is being replaced from a backup now; please try again when that has ended"


class FileLock:
    """A lock beside an SQLite database, until `release`."""

    def __init__(self, database: Path, *, is_exclusive: bool) -> None:
        """Take the lock. Raises DatabaseInUseError at once if others have it, OSError without the folder."""
        path = database.with_name(database.name + SUFFIX)
        create_file(path)
        # Not inherited by programs that this process starts, which may outlive it.
        self._handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            kind = fcntl.LOCK_EX if is_exclusive else fcntl.LOCK_SH
            # guard: lock of a database
            fcntl.flock(self._handle, kind | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            raise DatabaseInUseError(
                f"{database} is in use by another process" if is_exclusive else BEING_REPLACED
            ) from error
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let others have the lock; do nothing the second time."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
