"""`python -m fedserver.runtime.checks.probe PATH …`: try to write, and print what came of it as JSON.

A process of its own, as a check that root runs has to try as the user of the node.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from fedserver.runtime.self_check import probe_path

if __name__ == "__main__":
    reports = [probe_path(Path(path)) for path in sys.argv[1:]]
    sys.stdout.buffer.write(msgspec.json.encode(reports))
