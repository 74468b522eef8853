"""The peer is down for a while, and comes back: what was posted meanwhile arrives, in one piece and once."""

from __future__ import annotations

import asyncio
import signal
import sys

from tests.faults.pair import pair

SECONDS = 5.0


async def outage() -> int:
    async with pair() as both:
        async with both.posting():
            await asyncio.sleep(1)
            await both.beta.end(signal.SIGTERM)
            await asyncio.sleep(SECONDS)
        await both.beta.start()
        return await both.report("outage of the peer", seconds=SECONDS)


if __name__ == "__main__":
    sys.exit(asyncio.run(outage()))
