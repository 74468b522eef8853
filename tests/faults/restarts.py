"""PostgreSQL restarted under a node that posts and delivers: by turns in order and as in a crash."""

from __future__ import annotations

import asyncio
import sys

from tests.faults.pair import Pair, pair
from tests.faults.postgres import Cluster, available, cluster

RESTARTS = 6
SECONDS = 1.0


async def restarts(made: Cluster) -> int:
    async with pair(made.url) as both:
        async with both.posting():
            for number in range(RESTARTS):
                await asyncio.sleep(SECONDS)
                await asyncio.to_thread(made.stop, "immediate" if number % 2 else "fast")
                await asyncio.sleep(SECONDS / 4)
                await asyncio.to_thread(made.start)
            await asyncio.sleep(SECONDS)
        came_back = await accepts_posts(both)
        return await both.report("restarts of PostgreSQL", restarts=RESTARTS) or int(not came_back)


async def accepts_posts(both: Pair) -> bool:
    """Return True if posts are accepted again without a restart of the node."""
    taken = await both.until(both.post, 30)
    if not taken:
        print("the node takes no posts any more")
    return taken


def main() -> int:
    if not available():
        print("restarts of PostgreSQL: left out, there is no initdb")
        return 0
    with cluster() as made:
        return asyncio.run(restarts(made))


if __name__ == "__main__":
    sys.exit(main())
