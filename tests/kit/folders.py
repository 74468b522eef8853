"""Folders for files that a whole run of tests shares."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

# Read at import: a test that moves TMPDIR into its own folder would take the shared files with it at its end.
ROOT = tempfile.gettempdir()


def create_folder(prefix: str) -> Path:
    """Return a new folder, which is deleted when the run ends."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=ROOT))
    atexit.register(shutil.rmtree, folder, True)
    return folder
