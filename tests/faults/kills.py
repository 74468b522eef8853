"""SIGKILL, again and again, of the node that posts and of the one that receives, on both databases."""

from __future__ import annotations

import asyncio
import signal
import sys

from tests.faults.pair import pair
from tests.faults.postgres import available, cluster

KILLS = 6
SECONDS = 1.0


async def kills(name: str, database: str = "") -> int:
    async with pair(database) as both:
        async with both.posting():
            for number in range(KILLS):
                await asyncio.sleep(SECONDS)
                node = both.beta if number % 3 == 2 else both.alpha
                await node.end(signal.SIGKILL)
                await node.start()
            await asyncio.sleep(SECONDS)
        return await both.report(f"kills on {name}", kills=KILLS)


def main() -> int:
    failed = asyncio.run(kills("SQLite"))
    if not available():
        print("kills on PostgreSQL: left out, there is no initdb")
        return failed
    with cluster() as made:
        return asyncio.run(kills("PostgreSQL", made.url)) or failed


if __name__ == "__main__":
    sys.exit(main())
