"""The checksum that a backup carries in itself, so that a changed byte is found wherever it is.

SQLite finds most damage itself, but not in the text of a row; PostgreSQL's dumps are compressed, and their
table of contents is not. The file stays what it is: SQLite and pg_restore open it as before.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO
from zlib import crc32

CHUNK_BYTES = 1_048_576
# In the header of an SQLite file two numbers are free for the program: user_version, for the checksum, and
# application_id (https://www.sqlite.org/fileformat.html §1.3).
USER_VERSION, APPLICATION_ID, NUMBER_BYTES = 60, 68, 4
SQLITE_HEADER = b"SQLite format 3\0"
SQLITE_HEADER_BYTES = 100
OURS = b"feds"
NOTHING = b"\0" * NUMBER_BYTES
# pg_restore does not read what is behind the last block.
TRAILER = "fedserver-backup crc32={:08x}\n"
TRAILER_BYTES = len(TRAILER.format(0))
TRAILER_BEGIN = b"fedserver-"  # enough of it to tell that the rest is missing
TRAILER_FORM = re.compile(rb"fedserver-backup crc32=([0-9a-f]{8})\n")


def _compute(file: IO[bytes], size: int, checksum: int = 0) -> int:
    """Return the CRC-32 of the next `size` bytes, continuing from `checksum`."""
    while size > 0 and (chunk := file.read(min(CHUNK_BYTES, size))):
        checksum = crc32(chunk, checksum)
        size -= len(chunk)
    return checksum


def _compute_sqlite(file: IO[bytes]) -> bytes:
    """Return the checksum of an SQLite file as if it had none; never zero, which means "none"."""
    file.seek(0)
    head = file.read(SQLITE_HEADER_BYTES)
    head = head[:USER_VERSION] + NOTHING + head[USER_VERSION + NUMBER_BYTES :]
    size = file.seek(0, 2) - SQLITE_HEADER_BYTES
    file.seek(SQLITE_HEADER_BYTES)
    return (_compute(file, size, crc32(head)) or 1).to_bytes(NUMBER_BYTES, "big")


def write_sqlite_checksum(path: Path) -> None:
    """Write the checksum into a closed SQLite file that has no journal."""
    with path.open("r+b") as file:
        file.seek(APPLICATION_ID)
        file.write(OURS)
        checksum = _compute_sqlite(file)
        file.seek(USER_VERSION)
        file.write(checksum)


def check_sqlite_checksum(path: Path) -> bool | None:
    """Return True if the checksum is right, False if the file has changed since, None if it has none."""
    with path.open("rb") as file:
        head = file.read(SQLITE_HEADER_BYTES)
        stored = head[USER_VERSION : USER_VERSION + NUMBER_BYTES]
        application = head[APPLICATION_ID : APPLICATION_ID + NUMBER_BYTES]
        if stored == application == NOTHING:
            return None
        return application == OURS and stored == _compute_sqlite(file)


def append_checksum(path: Path) -> None:
    """Append the checksum to a file."""
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(0)
        checksum = _compute(file, size)
        file.seek(size)
        file.write(TRAILER.format(checksum).encode())


def check_appended_checksum(path: Path) -> bool | None:
    """Return True if the checksum is right, False if the file has changed since, None if it has none."""
    with path.open("rb") as file:
        size = max(file.seek(0, 2) - TRAILER_BYTES, 0)
        file.seek(size)
        tail = file.read()
        trailer = TRAILER_FORM.fullmatch(tail)
        if trailer is None:
            return False if TRAILER_BEGIN in tail else None
        file.seek(0)
        return _compute(file, size) == int(trailer[1], 16)
