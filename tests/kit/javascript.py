"""Node.js for the tests that need it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def require_js(folder: Path) -> str:
    """Return the Node.js program if `folder` has its packages. Else skip the test, or fail if required."""
    program = shutil.which("node")
    if program is not None and (folder / "node_modules").exists():
        return program
    missing = f"Node.js or {folder.name}/node_modules is missing (npm ci)"
    if os.environ.get("FEDSERVER_REQUIRE_JS"):
        pytest.fail(missing)
    pytest.skip(missing)
