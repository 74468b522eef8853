"""A full disk under a node that posts and delivers, and then room again, without a restart.

On a small tmpfs where we may mount one; else a limit of the size of files, with a restart to lift it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.pair import Pair, pair
from tests.faults.restarts import accepts_posts

SIZE_MB = 48
FILL_SECONDS = 60.0


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """Provide a folder on a disk of its own, None where we may not mount one."""
    with tempfile.TemporaryDirectory(prefix="fedserver-faults-disk-") as name:
        command = ("mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", name)
        if subprocess.run(command, capture_output=True, check=False).returncode:
            yield None
            return
        try:
            yield Path(name)
        finally:
            subprocess.run(("umount", "-l", name), check=True)


def fill(folder: Path) -> Path:
    """Take all the room there is."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1_048_576, 4_096):
            try:
                while file.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue
    return ballast


async def full(both: Pair) -> bool:
    """Return True once a post was refused."""
    await both.post()
    return bool(both.refused)


async def on_small_disk(folder: Path) -> int:
    async with pair(place=folder / "alpha") as both:
        async with both.posting():
            await asyncio.sleep(1)
            ballast = fill(folder)
            was_full = await both.until(lambda: full(both), FILL_SECONDS)
            await asyncio.sleep(2)
            ballast.unlink()
            came_back = await accepts_posts(both)
        failed = await both.report("full disk (tmpfs)", became_full=was_full, came_back=came_back)
        return failed or int(not (was_full and came_back))


async def with_limit() -> int:
    """Files of at most 2 MB, which the database or its log soon wants to be larger than."""
    async with pair(prefix=("bash", "-c", 'ulimit -S -f 2048; trap "" XFSZ; exec "$@"', "limit")) as both:
        was_full = await both.until(lambda: full(both), FILL_SECONDS)
        await both.alpha.end()
        both.alpha._prefix = ()
        await both.alpha.start()
        came_back = await accepts_posts(both)
        failed = await both.report("full disk (limit of files)", became_full=was_full, came_back=came_back)
        return failed or int(not (was_full and came_back))


def main() -> int:
    with small_disk() as folder:
        return asyncio.run(on_small_disk(folder) if folder is not None else with_limit())


if __name__ == "__main__":
    sys.exit(main())
