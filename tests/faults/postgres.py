"""A cluster of PostgreSQL of our own (run by `postgres`, if we are root), never one that runs already."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kit.nodes import _find_free_port as free_port


class Cluster:
    """Started with `pg_ctl` from the path. `url` is its database."""

    def __init__(self, folder: Path) -> None:
        self._data, self.port = folder / "cluster", free_port()
        self._folder = folder
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, *arguments: str) -> None:
        """Run a program of PostgreSQL; it refuses to be run by root."""
        user = "postgres" if os.getuid() == 0 else None
        subprocess.run(
            arguments, user=user, cwd=self._folder, check=True, stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    def make(self) -> None:
        self.run("initdb", "-D", str(self._data), "-U", "postgres", "--auth=trust", "-E", "UTF8")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        log = str(self._folder / "log.txt")
        self.run("pg_ctl", "-D", str(self._data), "-w", "-l", log, "-o", options, "start")

    def stop(self, mode: str) -> None:
        """`immediate` is as a crash: what was committed comes back from its log."""
        self.run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")


@contextmanager
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="fedserver-faults-pg-") as name:
        folder = Path(name)
        if os.getuid() == 0:
            found = pwd.getpwnam("postgres")
            os.chown(folder, found.pw_uid, found.pw_gid)
        made = Cluster(folder)
        made.make()
        try:
            yield made
        finally:
            made.stop("fast")


def available() -> bool:
    return shutil.which("initdb") is not None
