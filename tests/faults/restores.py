"""Restores of damaged copies over a database with posts, on both databases: the old state stands each time.

Nine kinds: cut anywhere, bytes changed in the beginning, middle and end, a missing last byte, an empty file,
six bytes, a text, the database of another program, a newer and a too old schema. Then the restore of the
whole copy is killed at several moments, after which one state or the other stands; the node starts with it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from storage.revisions import read_newest_revision
from tests.faults.pair import ROOT, NodeProcess
from tests.faults.postgres import available, cluster
from tests.kit import damages, schemas

POSTS = 20
KILL_AFTER_S = (0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6)
OLD_SCHEMAS = ("9999_later", "0012")


class Restores:
    """A node with posts, a copy of its database with fewer, and what was found wrong."""

    def __init__(self, name: str, folder: Path, url: str) -> None:
        self.name, self.folder = name, folder
        self.node = NodeProcess(folder / "node", url)
        self.url = url or f"sqlite:{self.node.folder / 'data' / 'fedserver.sqlite3'}"
        self.copy, self.damaged = folder / "copy", folder / "damaged"
        self.wrong: list[str] = []

    async def post(self, count: int) -> None:
        for number in range(count):
            status, _ = await self.node.request("POST", "/api/v1/statuses", json={"status": f"post {number}"})
            assert status == 200

    async def begin(self) -> None:
        await self.node.member("ann")
        await self.node.start()
        await self.post(POSTS)
        await self.node.command("db", "backup", str(self.copy))
        refused, told = await self.restore(self.copy)
        if not refused or "in use" not in told:
            self.wrong.append("restored under a node that runs")
        await self.post(1)
        await self.node.end()

    async def read(self) -> dict[str, Any]:
        return await schemas.read_rows(self.url)

    async def start_restore(self, path: Path) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fedserver", "db", "restore", str(path), "--force", cwd=self.node.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip

    async def restore(self, path: Path) -> tuple[bool, str]:
        """Restore; return whether it was refused, and the answer."""
        process = await self.start_restore(path)
        out, _ = await process.communicate()
        return process.returncode == 1, out.decode()

    async def try_damaged(self) -> int:
        """Restore each damaged copy; return how many there were."""
        copies = await asyncio.to_thread(self.make_copies)
        before = await self.read()
        for what, content in copies.items():
            self.damaged.write_bytes(content)
            refused, told = await self.restore(self.damaged)
            if not refused or "Traceback" in told or str(self.damaged) not in told:
                self.wrong.append(f"{what}: {told.strip()}")
            if await self.read() != before:
                self.wrong.append(f"{what}: the old state is gone")
        return len(copies)

    def make_copies(self) -> dict[str, bytes]:
        copies = damages.make_damaged_copies(self.copy.read_bytes())
        changes = {name: f"UPDATE alembic_version SET version_num = '{name}'" for name in OLD_SCHEMAS}
        if self.url.startswith("sqlite:"):
            copies["another program"] = damages.make_other_sqlite(self.folder)
            for name, change in changes.items():
                copies[f"schema {name}"] = damages.change_sqlite(self.copy, change)
            return copies
        plain = damages.dump(self.url)
        for part in (0.8, 0.85, 0.9, 0.95, 0.99):
            copies[f"dump of pg_dump itself cut at {part:.0%}"] = damages.cut(plain, part)
        for name, change in changes.items():
            asyncio.run(schemas.query(self.url, change))
            copies[f"schema {name}"] = damages.dump(self.url)
        asyncio.run(
            schemas.query(self.url, f"UPDATE alembic_version SET version_num = '{read_newest_revision()}'")
        )
        return copies

    async def try_kills(self) -> None:
        current = await self.read()
        expected = [current]
        for seconds in KILL_AFTER_S:
            process = await self.start_restore(self.copy)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.communicate(), seconds)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            state = await self.read()
            if len(state["posts"]) not in (POSTS, POSTS + 1):
                self.wrong.append(f"killed after {seconds} s: {len(state['posts'])} posts")
            if len(state["posts"]) == POSTS + 1 and state not in expected:
                self.wrong.append(f"killed after {seconds} s: the old state is not as it was")
        refused, told = await self.restore(self.copy)
        if refused:
            self.wrong.append(f"whole copy: {told.strip()}")

    async def finish(self) -> int:
        """Start the node with what was restored; print and return 1 if anything was wrong."""
        await self.node.start()
        _, account = await self.node.request("GET", "/api/v1/accounts/verify_credentials")
        if account["statuses_count"] != POSTS:
            self.wrong.append(f"the restored node has {account['statuses_count']} posts")
        await self.post(1)
        await self.node.close()
        return int(bool(self.wrong))


async def restores(name: str, url: str = "") -> int:
    with tempfile.TemporaryDirectory(prefix="fedserver-faults-") as folder:
        tried = Restores(name, Path(folder), url)
        try:
            await tried.begin()
            count = await tried.try_damaged()
            await tried.try_kills()
            failed = await tried.finish()
        finally:
            await tried.node.close()
    print(
        f"restores on {name}: {count} damaged copies, {len(KILL_AFTER_S)} kills; wrong {len(tried.wrong)}",
        flush=True,
    )
    for line in tried.wrong:
        print(f"  {line}")
    return failed


def main() -> int:
    failed = asyncio.run(restores("SQLite"))
    if not available():
        print("restores on PostgreSQL: left out, there is no initdb")
        return failed
    with cluster() as made:
        return asyncio.run(restores("PostgreSQL", made.url)) or failed


if __name__ == "__main__":
    sys.exit(main())
