"""The source code of the running program as an archive, so that a node can hand out what it runs."""

from __future__ import annotations

import gzip
import io
import tarfile
from functools import cache
from pathlib import Path

from fedserver.version import VERSION

ROOT = Path(__file__).parents[2]
PACKAGES = ("activitypub", "addresses", "fedserver", "storage")
# What a build leaves beside the sources; everything else in the packages belongs to them.
BUILT_SUFFIXES = frozenset({".pyc", ".mo", ".so"})
ARCHIVE_NAME = f"fedserver-{VERSION}"


@cache
def build_source_archive() -> bytes:
    """Return a `.tar.gz` of the packages, the same bytes each time. It blocks, once in a process."""
    output = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=output, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for path in _list_files():
            data = path.read_bytes()
            entry = tarfile.TarInfo(f"{ARCHIVE_NAME}/{path.relative_to(ROOT).as_posix()}")
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return output.getvalue()


def _list_files() -> list[Path]:
    """Return the files of the packages; hidden ones and links to elsewhere are left out."""
    return sorted(
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix not in BUILT_SUFFIXES
        and not any(part.startswith((".", "__pycache__")) for part in path.relative_to(ROOT).parts)
        and path.is_file()
        and not path.is_symlink()
    )
