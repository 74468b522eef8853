"""PgBouncer in front of the PostgreSQL of the tests, on a free port of loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.kit.nodes import _find_free_port as find_free_port

PATHS = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def require_pgbouncer() -> str:
    """Return the program; skip the test without it."""
    program = shutil.which("pgbouncer", path=PATHS)
    if program is None:
        pytest.skip("pgbouncer is not installed")
    return program


@contextmanager
def run_pgbouncer(url: str, mode: str = "transaction", *, sessions: int = 3) -> Iterator[str]:
    """Run it in front of the database at `url`; yield the URL that leads through it."""
    program, port, target = require_pgbouncer(), find_free_port(), urlsplit(url)
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None  # it refuses to be run by root
    with tempfile.TemporaryDirectory(prefix="fedserver-pgbouncer-") as folder:
        config = Path(folder) / "pgbouncer.ini"
        config.write_text(
            f"[databases]\n* = host={target.hostname} port={target.port or 5432} user={target.username}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = {mode}\ndefault_pool_size = {sessions}\nmax_client_conn = 200\n"
        )
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            os.chown(config, owner.pw_uid, owner.pw_gid)
        process = subprocess.Popen(
            [program, "-q", str(config)],
            user=owner.pw_uid if owner is not None else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for_port(port)
            yield f"postgresql://{target.username}@127.0.0.1:{port}{target.path}"
        finally:
            process.kill()
            process.wait()


def _wait_for_port(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("pgbouncer did not start")
